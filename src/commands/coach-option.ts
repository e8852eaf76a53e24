import { InvalidArgumentError, Option } from 'commander';
import { type CoachLevel, coachLevels, levelTexts } from '../session/coach-level.ts';

/** `--coach 0|1|2|3` */
export function coachOption(): Option {
  const levels = coachLevels.map((level) => `${level} ${levelTexts[level]}`).join(', ');
  return new Option('--coach <level>', `what each check says without being asked: ${levels} (default: 0)`).argParser(
    parseLevel,
  );
}

function parseLevel(text: string): CoachLevel {
  const level = coachLevels.find((known) => String(known) === text);
  if (level === undefined) throw new InvalidArgumentError(`It must be one of ${coachLevels.join(', ')}.`);
  return level;
}
