import { join } from 'node:path';
import { AppendLog } from '../kernel/append-log.ts';
import { UserError } from '../kernel/errors.ts';
import { workFor } from '../kernel/work.ts';
import { Attempt } from './attempt.ts';
import type { Attempts } from './attempts.ts';
import type { Labs } from './contract.ts';
import type { AttemptEvent } from './events.ts';
import { requireUnlocked } from './exam/lock.ts';
import { statisticsMarkdown, statisticsOf } from './statistics.ts';

/** How long no verdict may move before `check` answers, milliseconds: more than a change takes to be judged. */
const quietFor = 250;

type WorkVerbs = Pick<Labs, 'check' | 'work' | 'explain' | 'ask' | 'hint' | 'solution' | 'debrief'>;

/** What whoever works on an attempt asks for: verdicts and help. `folder` is that of all attempts. */
export function workVerbs(attempts: Attempts, folder: string): WorkVerbs {
  return {
    async check({ id } = {}) {
      const attempt = await attempts.open(id);
      await attempt.grading.quiet(quietFor);
      return attempt.state();
    },

    async work({ id } = {}) {
      (await attempts.running(id)).attend('sign');
    },

    async explain({ check, id }) {
      const attempt = await attempts.open(id);
      return workFor({ attempt: attempt.id }, () => attempt.coach.explain(check));
    },

    async ask({ check, price, id }) {
      const attempt = await attempts.open(id);
      return workFor({ attempt: attempt.id }, () => attempt.coach.ask(check, price));
    },

    hint: async ({ id } = {}) => (await attempts.open(id)).hint(),

    solution: async ({ id } = {}) => (await attempts.open(id)).solution(),

    async debrief({ id } = {}) {
      const found = await attempts.get(id);
      requireUnlocked(found.fold);
      if (found instanceof Attempt) found.attend('sign');
      const { fold, scenario } = found;
      const { wasSolved } = found instanceof Attempt ? found.state() : found.state;
      if (!wasSolved && !fold.sawSolution) {
        throw new UserError({
          what: 'the debrief comes after the solution',
          why: 'it tells why it broke and how to mend it',
          next: 'solve it first, or give up with: kubedrill solution',
        });
      }
      const events = await AppendLog.read<AttemptEvent>(join(folder, fold.id, 'events.jsonl'));
      return `${scenario.debrief.trimEnd()}\n\n${statisticsMarkdown(statisticsOf(events))}`.trimEnd();
    },
  };
}
