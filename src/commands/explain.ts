import { UserError } from '../kernel/errors.ts';
import { didYouMean } from '../kernel/nearest.ts';
import { explainText, nextStepText, type Paint, paintFor, pointsText } from '../present/text.ts';
import type { AttemptState, CheckView } from '../session/types.ts';
import { asking } from './ask.ts';
import { attemptCommand, attemptId, type CommandFactory, labsOf } from './command.ts';
import type { Services } from './services.ts';

interface Options {
  attempt?: string;
  json?: boolean;
  yes?: boolean;
}

export const explain: CommandFactory = ({ services, print, json }) =>
  attemptCommand('explain', 'ask about a check: one level more, then the evidence step by step')
    .argument('[check]', 'its id, as in kubedrill check --json (default: what was asked for already, of all checks)')
    .option('--yes', 'agree to what it costs')
    .action(async (name: string | undefined, options: Options) => {
      const labs = await labsOf(services);
      const paint = paintFor(services.stdout);
      const state = await labs.check({ id: attemptId(services, options) });
      if (name === undefined) {
        const failing = state.verdicts.filter((v) => v.status !== 'pass');
        const views = await Promise.all(
          failing.map(async (v) => (await labs.explain({ check: v.id, id: state.id })) ?? v),
        );
        if (options.json) return json(views);
        return print(views.map((view) => viewText(view, paint)).join('\n\n') || 'every check passes');
      }
      const known = state.verdicts.find((v) => v.id === name);
      if (!known) throw unknownCheck(state, name);
      const price = known.next?.price ?? 0;
      if (price > 0 && !options.yes && !(await agrees(services, name, price))) return print('nothing was done');
      const view = (await labs.ask({ check: name, price, id: state.id })) ?? known;
      if (options.json) return json(view);
      print(viewText(view, paint));
    });

function unknownCheck(state: AttemptState, name: string): UserError {
  const ids = state.verdicts.map((v) => v.id);
  return new UserError({
    what: `there is no check ${name}`,
    ...didYouMean(name, ids),
    next: ids.length > 0 ? `use one of: ${ids.join(', ')}` : 'wait until the checks are judged: kubedrill check',
  });
}

async function agrees(services: Services, check: string, price: number): Promise<boolean> {
  const points = pointsText(price);
  if (!services.stdin.isTTY || !services.stdout.isTTY) {
    throw new UserError({
      what: `to ask about ${check} costs ${points}`,
      next: `agree to it: kubedrill explain ${check} --yes`,
    });
  }
  const answer = await asking(services, (ask) => ask(`This costs ${points}. Go on? [y/N] `));
  return /^y(es)?$/i.test(answer);
}

function viewText(view: CheckView, paint: Paint): string {
  const next = nextStepText(view);
  return `${explainText(view, paint)}${next ? `\n\n  ${paint('dim', `kubedrill explain ${view.id} shows ${next}`)}` : ''}`;
}
