import { createInterface } from 'node:readline';
import { errorLines, errorText, exitCodes, UserError } from '../kernel/errors.ts';
import { markdownText } from '../present/markdown.ts';
import { explainText, nextStepText, paintFor, priceText, scoreText, verdictLines } from '../present/text.ts';
import { onlyStyled, printable, printableLine } from '../present/width.ts';
import type { AttemptState } from '../session/types.ts';
import { coachOf, type LabsAccess } from './access.ts';
import type { ScenarioRow } from './state.ts';

export interface PlainOptions {
  scenarios: readonly ScenarioRow[];
  scenario?: string;
  access: LabsAccess;
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
  signal: AbortSignal;
}

const help =
  'words: list, start <scenario>, task, check, hint, explain <check> [yes], reset, solution, debrief, shell, stop, quit';

/**
 * The app as plain lines, for screen readers and pipes: nothing is redrawn, verdicts are told as they change, words
 * instead of keys are read from stdin. Ends with `quit` or the end of the input.
 */
export async function runPlain(options: PlainOptions): Promise<number> {
  const { scenarios, access, stdin, stdout } = options;
  const paint = paintFor(stdout);
  const say = (text: string) => void stdout.write(`${onlyStyled(text)}\n`);
  const width = Math.min(stdout.columns ?? 80, 100);
  let lab: AttemptState | undefined;
  let following = new AbortController();

  const tellList = () => {
    for (const s of scenarios)
      say(
        `${s.id}: ${printableLine(s.title)} (${s.exams.join(', ').toUpperCase()}, ${s.difficulty}, ${s.minutes} minutes)`,
      );
  };
  const tellTask = (state: AttemptState) =>
    say(`${printableLine(state.title)}\n\n${markdownText(state.task.trim(), width, paint)}`);

  const follow = (id: string, signal: AbortSignal) => {
    const told = new Map<string, string>();
    let wasSolved = false;
    return async () => {
      const labs = await access.labs();
      const onEvent = (state: AttemptState) => {
        lab = state;
        for (const verdict of state.verdicts) {
          const now = `${verdict.status} ${verdict.why}`;
          if (told.get(verdict.id) !== now) say(verdictLines(verdict, paint).join('\n'));
          told.set(verdict.id, now);
        }
        if (state.solved && !wasSolved) say(`solved: ${scoreText(state)}`);
        wasSolved = state.solved;
      };
      await labs.follow({ id }, { onEvent, signal });
    };
  };

  const start = async (scenario: string) => {
    following.abort();
    following = new AbortController();
    const { signal } = following;
    const labs = await access.labs();
    let step: string | undefined;
    const onEvent = (state: AttemptState) => {
      if (state.step && state.step !== step) say(printable(state.step));
      step = state.step;
    };
    lab = await labs.start({ scenario, provider: 'embedded', resume: true, ...coachOf(access) }, { onEvent });
    tellTask(lab);
    follow(lab.id, signal)().catch((error: Error) => say(printable(error.message)));
  };

  const current = (): AttemptState => {
    if (!lab) throw new UserError({ what: 'no scenario is open', next: 'start <scenario>' });
    return lab;
  };

  const obey = async (line: string): Promise<boolean> => {
    const [word = '', argument = '', agreed = ''] = line.trim().split(/\s+/);
    const labs = () => access.labs();
    switch (word) {
      case '':
        return true;
      case 'quit':
      case 'q':
        return false;
      case 'list':
        tellList();
        return true;
      case 'start':
        await start(argument);
        return true;
      case 'task':
        tellTask(current());
        return true;
      case 'check':
        for (const verdict of current().verdicts) say(verdictLines(verdict, paint).join('\n'));
        say(scoreText(current()));
        return true;
      case 'hint': {
        const hint = await (await labs()).hint({ id: current().id });
        say(`${printable(hint.text)}\n${priceText(hint.price)}`);
        return true;
      }
      case 'explain': {
        const verdict =
          current().verdicts.find((v) => v.id === argument) ?? current().verdicts.find((v) => v.status !== 'pass');
        if (!verdict) say('every check passes');
        else if (verdict.next && verdict.next.price > 0 && agreed !== 'yes') {
          say(`${nextStepText(verdict)}: explain ${verdict.id} yes`);
        } else {
          const price = verdict.next?.price ?? 0;
          const view = (await (await labs()).ask({ check: verdict.id, price, id: current().id })) ?? verdict;
          const next = nextStepText(view);
          say(`${explainText(view, paint)}${next ? `\nexplain ${view.id} shows ${next}` : ''}`);
        }
        return true;
      }
      case 'reset':
        await (await labs()).reset({ id: current().id });
        say('the cluster is as at the start');
        return true;
      case 'solution':
        for (const { name, text } of await (await labs()).solution({ id: current().id }))
          say(printable(`${name}\n${text.trimEnd()}\n`));
        return true;
      case 'stop':
        following.abort();
        say(`${(await (await labs()).stop({ id: current().id })).id} has ended, its cluster is gone`);
        lab = undefined;
        return true;
      case 'debrief':
        say(markdownText(await (await labs()).debrief({ id: current().id }), width, paint));
        return true;
      case 'shell':
        if (!stdin.isTTY) throw new UserError({ what: 'a shell needs a terminal', next: 'kubedrill env' });
        // Two readers of one terminal would each get half of what is typed.
        lines.pause();
        await access.shell(current(), await access.kubectl(say)).finally(() => lines.resume());
        return true;
      default:
        say(help);
        return true;
    }
  };

  say('kubedrill');
  tellList();
  say(help);
  if (options.scenario) await start(options.scenario);
  // Made last: lines that come before somebody iterates over them would be lost.
  const lines = createInterface({ input: stdin, signal: options.signal });
  try {
    for await (const line of lines) {
      try {
        if (!(await obey(line))) break;
      } catch (error) {
        say(printable(errorLines(errorText(error)).join('\n')));
      }
    }
  } finally {
    following.abort();
    lines.close();
  }
  return exitCodes.ok;
}
