import { UserError } from '../kernel/errors.ts';
import { didYouMean } from '../kernel/nearest.ts';
import { explainText, paintFor } from '../present/text.ts';
import { attemptCommand, attemptId, type CommandFactory, labsOf } from './command.ts';

export const explain: CommandFactory = ({ services, print, json }) =>
  attemptCommand('explain', 'show the evidence behind a check')
    .argument('[check]', 'its id, as in kubedrill check --json (default: all that do not pass)')
    .action(async (name: string | undefined, options: { attempt?: string; json?: boolean }) => {
      const labs = await labsOf(services);
      const state = await labs.check({ id: attemptId(services, options) });
      const wanted = state.verdicts.filter((v) => (name === undefined ? v.status !== 'pass' : v.id === name));
      if (name !== undefined && wanted.length === 0) {
        const ids = state.verdicts.map((v) => v.id);
        throw new UserError({
          what: `there is no check ${name}`,
          ...didYouMean(name, ids),
          next: ids.length > 0 ? `use one of: ${ids.join(', ')}` : 'wait until the checks are judged: kubedrill check',
        });
      }
      const verdicts = await Promise.all(
        wanted.map(async (v) => (await labs.explain({ check: v.id, id: state.id })) ?? v),
      );
      if (options.json) return json(name === undefined ? verdicts : verdicts[0]);
      const paint = paintFor(services.stdout);
      print(verdicts.map((verdict) => explainText(verdict, paint)).join('\n\n') || 'every check passes');
    });
