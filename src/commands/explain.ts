import { closest } from 'fastest-levenshtein';
import { UserError } from '../kernel/errors.ts';
import { explainText, paintFor } from '../present/text.ts';
import { attemptCommand, attemptId, type CommandFactory, labsOf } from './command.ts';

export const explain: CommandFactory = ({ services, print, json }) =>
  attemptCommand('explain', 'show the evidence behind a check')
    .argument('<check>', 'its id, as in kubedrill check --json')
    .action(async (name: string, options: { attempt?: string; json?: boolean }) => {
      const labs = await labsOf(services);
      const state = await labs.check(attemptId(services, options));
      const known = state.verdicts.find((v) => v.id === name);
      if (!known) {
        const ids = state.verdicts.map((v) => v.id);
        throw new UserError({
          what: `there is no check ${name}`,
          ...(ids.length > 0
            ? { why: `did you mean ${closest(name, ids)}?`, next: `use one of ${ids.join(', ')}` }
            : {}),
        });
      }
      const verdict = (await labs.explain(name, state.id)) ?? known;
      if (options.json) return json(verdict);
      print(explainText(verdict, paintFor(services.stdout)));
    });
