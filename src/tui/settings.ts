import { readFileSync, statSync } from 'node:fs';
import * as z from 'zod';
import { EnvironmentError, errorText } from '../kernel/errors.ts';
import { parseYaml } from '../scenario/yaml-file.ts';
import { coachLevels } from '../session/coach-level.ts';
import { defaultSettings, motions, type Settings, themeNames } from '../session/settings.ts';
import { conflictOf, defaultKeys, isKeyName } from './key-map.ts';

/** Whoever works for a day without a key is not working. */
const longestIdle = 24 * 60;

const keySchema = z
  .string('expected a character')
  .refine(
    isKeyName,
    'expected one character that can be seen, such as t; Enter, Tab, Esc and the arrows stay as they are',
  );

const keysSchema = z
  .strictObject(Object.fromEntries(Object.keys(defaultKeys).map((command) => [command, keySchema.optional()])))
  .superRefine((map, context) => {
    const chosen = Object.fromEntries(Object.entries(map).filter((entry) => typeof entry[1] === 'string'));
    const conflict = conflictOf(chosen as Record<string, string>);
    if (!conflict) return;
    const [command, other] = conflict.commands;
    context.addIssue({
      code: 'custom',
      path: [command],
      message: `${conflict.key} is the key of ${other}, too: choose another one, or give ${other} another one`,
    });
  });

/** The format of `config.yaml`. */
export const settingsSchema = z.strictObject({
  coach: z.literal(coachLevels).optional(),
  theme: z.enum(themeNames).optional(),
  shell: z.string().startsWith('/', 'expected the whole path of a shell, such as /usr/bin/fish').optional(),
  clock: z.strictObject({ idle: z.int().min(1).max(longestIdle).optional() }).optional(),
  keys: keysSchema.optional(),
  motion: z.enum(motions).optional(),
});

/** What a text of `config.yaml` chooses. Throws InvalidFile with each problem as file:line:column. */
export function settingsOf(file: string, text: string): Settings {
  const read = parseYaml(file, text, settingsSchema.nullish()) ?? {};
  const { clock, keys, shell, coach, theme, motion } = read;
  return {
    coach: coach ?? defaultSettings.coach,
    theme: theme ?? defaultSettings.theme,
    ...(shell !== undefined && { shell }),
    clock: { idle: clock?.idle ?? defaultSettings.clock.idle },
    keys: Object.fromEntries(
      Object.entries(keys ?? {}).flatMap(([name, key]) => (key === undefined ? [] : [[name, key]])),
    ),
    motion: motion ?? defaultSettings.motion,
  };
}

/** The text of a config file; undefined: there is none. */
export function settingsText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new EnvironmentError(
      { what: `${file} cannot be read`, why: (cause as Error).message, next: 'make it readable, or move it away' },
      { cause },
    );
  }
}

/** The user's settings; those that hold where there is no file. Throws like its parts. */
export function readSettings(file: string): Settings {
  const text = settingsText(file);
  return text === undefined ? defaultSettings : settingsOf(file, text);
}

/**
 * The `clock.idle` of a config file in milliseconds, as it is now: the file is read again when it has changed. One that
 * can't be used is logged, and what held before holds.
 */
export function chosenIdle(file: string, log: (line: string) => void): () => number {
  let { idle } = defaultSettings.clock;
  let seen: number | undefined;
  return () => {
    const changed = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
    if (changed !== seen) {
      seen = changed;
      try {
        idle = readSettings(file).clock.idle;
      } catch (error) {
        log(`${errorText(error).what}: the clock stands after ${idle} minutes as before`);
      }
    }
    return idle * 60_000;
  };
}
