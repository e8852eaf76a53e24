import { UserError } from '../kernel/errors.ts';
import { didYouMean } from '../kernel/nearest.ts';
import { explainText, nextStepText, type Paint, paintFor } from '../present/text.ts';
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
      const { next } = await named(labs.explain({ check: name, id: state.id }), state, name);
      const price = next?.price ?? 0;
      if (price > 0 && !options.yes && !(await agrees(services, name, price))) return print('nothing was done');
      const view = await named(labs.ask({ check: name, price, id: state.id }), state, name);
      if (options.json) return json(view);
      print(viewText(view, paint));
    });

/** The check, or what is said where there is none of that name. */
async function named(found: Promise<CheckView | undefined>, state: AttemptState, name: string): Promise<CheckView> {
  const view = await found;
  if (view) return view;
  const ids = state.verdicts.map((v) => v.id);
  throw new UserError({
    what: `there is no check ${name}`,
    ...didYouMean(name, ids),
    next: ids.length > 0 ? `use one of: ${ids.join(', ')}` : 'wait until the checks are judged: kubedrill check',
  });
}

async function agrees(services: Services, check: string, price: number): Promise<boolean> {
  const points = price === 1 ? '1 point' : `${price} points`;
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
