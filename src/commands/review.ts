import { Command, InvalidArgumentError } from 'commander';
import { systemClock } from '../kernel/clock.ts';
import { UserError } from '../kernel/errors.ts';
import { dayText } from '../present/progress.ts';
import { tableText } from '../present/text.ts';
import type { Review } from '../session/review.ts';
import type { CommandFactory } from './command.ts';
import { startLab } from './start.ts';

interface Options {
  count: number;
  start?: boolean;
  json?: boolean;
}

export const review: CommandFactory = (context) => {
  const { services, print, json } = context;
  return new Command('review')
    .description('what is due to be done again: what went well comes back later than what did not')
    .option('--count <number>', 'so many at most', parseCount, 5)
    .option('--start', 'start the first that is due, with names that it has not had yet')
    .option('--json', 'print one JSON document')
    .action(async ({ count, start = false, json: asJson = false }: Options) => {
      const entries = await services.scenarios();
      // Loaded late: no other command needs it.
      const { freshSeed, readReviews } = await import('../session/review.ts');
      const reviews = await readReviews(services.paths.state, entries, systemClock.now());
      const due = reviews.filter(({ isDue }) => isDue).slice(0, count);
      if (start) {
        const [first] = due;
        if (!first) throw nothingDue(reviews);
        const scenario = `${first.pack}/${first.scenario}`;
        const catalog = await services.catalog();
        const seed = freshSeed(first.seeds, (drawn) => catalog.scenario(scenario, { seed: drawn }).variables);
        return startLab(context, { scenario, seed, provider: 'embedded', json: asJson });
      }
      const later = reviews.filter(({ isDue }) => !isDue);
      if (asJson) return json({ due, next: later });
      if (reviews.length === 0) return print('nothing was tried yet; start one with: kubedrill start <scenario>');
      if (due.length > 0)
        print(`${reviewTable('DUE SINCE', due)}\n\n  kubedrill review --start   starts the first, with other names`);
      else print('nothing is due now');
      if (later.length > 0) print(`\n${reviewTable('DUE', later.slice(0, count))}`);
    });
};

function reviewTable(when: string, reviews: readonly Review[]): string {
  return tableText([
    ['SCENARIO', when, 'LAST', 'GRADE', 'WHY'],
    ...reviews.map(({ scenario, due, last }) => [scenario, dayText(due), dayText(last.at), last.grade, last.why]),
  ]);
}

function nothingDue(reviews: readonly Review[]): UserError {
  const [next] = reviews;
  return new UserError({
    what: 'nothing is due now',
    ...(next && { why: `the next one, ${next.scenario}, is due on ${dayText(next.due)}` }),
    next: 'kubedrill list --unsolved',
  });
}

/** More than there are scenarios is no mistake. */
function parseCount(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError('expected a whole number from 1 to 9999');
  return Number(text);
}
