import { createInterface, type Interface } from 'node:readline';
import { errorLines, errorText, exitCodes, UserError } from '../kernel/errors.ts';
import { ownValue } from '../kernel/own.ts';
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

/**
 * The app as plain lines, for screen readers and pipes: nothing is redrawn, verdicts are told as they change, words
 * instead of keys are read from stdin. Ends with `quit` or the end of the input.
 */
export async function runPlain({ scenarios, scenario, access, stdin, stdout, signal }: PlainOptions): Promise<number> {
  const output = new Output(stdout);
  const lab = new PlainLab(access, output);
  output.say('kubedrill');
  tellList(scenarios, output);
  output.say(help);
  if (scenario) await lab.start(scenario);
  // Made last: lines that come before somebody iterates over them would be lost.
  const lines = createInterface({ input: stdin, signal });
  try {
    for await (const line of lines) {
      const [word = '', argument = '', agreed = ''] = line.trim().split(/\s+/);
      if (word === 'quit' || word === 'q') break;
      if (word === '') continue;
      try {
        const obey = ownValue(words, word);
        if (obey) await obey({ lab, output, access, scenarios, stdin, lines }, argument, agreed);
        else output.say(help);
      } catch (error) {
        output.say(printable(errorLines(errorText(error)).join('\n')));
      }
    }
  } finally {
    lab.leave();
    lines.close();
  }
  return exitCodes.ok;
}

/** Text as the terminal or pipe takes it. */
class Output {
  readonly paint: ReturnType<typeof paintFor>;
  readonly #stdout: NodeJS.WriteStream;
  readonly #width: number;

  constructor(stdout: NodeJS.WriteStream) {
    this.#stdout = stdout;
    this.paint = paintFor(stdout);
    this.#width = Math.min(stdout.columns ?? 80, 100);
  }

  say(text: string): void {
    this.#stdout.write(`${onlyStyled(text)}\n`);
  }

  markdown(text: string): string {
    return markdownText(text, this.#width, this.paint);
  }
}

/** The scenario that is open: its state as it was told last, and who tells of changes. */
class PlainLab {
  readonly #access: LabsAccess;
  readonly #output: Output;
  #state: AttemptState | undefined;
  #following = new AbortController();

  constructor(access: LabsAccess, output: Output) {
    this.#access = access;
    this.#output = output;
  }

  /** Throws where no scenario is open. */
  get current(): AttemptState {
    if (!this.#state) throw new UserError({ what: 'no scenario is open', next: 'start <scenario>' });
    return this.#state;
  }

  async start(scenario: string): Promise<void> {
    this.#following.abort();
    this.#following = new AbortController();
    const { signal } = this.#following;
    const labs = await this.#access.labs();
    let step: string | undefined;
    const onEvent = (state: AttemptState) => {
      if (state.step && state.step !== step) this.#output.say(printable(state.step));
      step = state.step;
    };
    this.#state = await labs.start(
      { scenario, provider: 'embedded', resume: true, ...coachOf(this.#access) },
      { onEvent },
    );
    this.tellTask();
    this.#follow(this.#state.id, signal).catch((error: Error) => this.#output.say(printable(error.message)));
  }

  tellTask(): void {
    const { title, task } = this.current;
    this.#output.say(`${printableLine(title)}\n\n${this.#output.markdown(task.trim())}`);
  }

  /** Tells of verdicts that change until `signal`. */
  async #follow(id: string, signal: AbortSignal): Promise<void> {
    const { paint } = this.#output;
    const told = new Map<string, string>();
    let wasSolved = false;
    const onEvent = (state: AttemptState) => {
      this.#state = state;
      for (const verdict of state.verdicts) {
        const now = `${verdict.status} ${verdict.why}`;
        if (told.get(verdict.id) !== now) this.#output.say(verdictLines(verdict, paint).join('\n'));
        told.set(verdict.id, now);
      }
      if (state.solved && !wasSolved) this.#output.say(`solved: ${scoreText(state)}`);
      wasSolved = state.solved;
    };
    const labs = await this.#access.labs();
    await labs.follow({ id }, { onEvent, signal });
  }

  async stop(): Promise<void> {
    this.#following.abort();
    const { id } = await (await this.#access.labs()).stop({ id: this.current.id });
    this.#output.say(`${id} has ended, its cluster is gone`);
    this.#state = undefined;
  }

  /** Nobody reads any more; the attempt goes on. */
  leave(): void {
    this.#following.abort();
  }
}

interface WordContext {
  lab: PlainLab;
  output: Output;
  access: LabsAccess;
  scenarios: readonly ScenarioRow[];
  stdin: NodeJS.ReadStream;
  lines: Interface;
}

/** What each word does. */
const words: Readonly<Record<string, (context: WordContext, argument: string, agreed: string) => Promise<void>>> = {
  async list({ scenarios, output }) {
    tellList(scenarios, output);
  },
  start: ({ lab }, argument) => lab.start(argument),
  async task({ lab }) {
    lab.tellTask();
  },
  async check({ lab, output }) {
    for (const verdict of lab.current.verdicts) output.say(verdictLines(verdict, output.paint).join('\n'));
    output.say(scoreText(lab.current));
  },
  async hint({ lab, output, access }) {
    const hint = await (await access.labs()).hint({ id: lab.current.id });
    output.say(`${printable(hint.text)}\n${priceText(hint.price)}`);
  },
  async explain({ lab, output, access }, argument, agreed) {
    const { id, verdicts } = lab.current;
    const verdict = verdicts.find((v) => v.id === argument) ?? verdicts.find((v) => v.status !== 'pass');
    if (!verdict) return output.say('every check passes');
    const price = verdict.next?.price ?? 0;
    if (price > 0 && agreed !== 'yes') {
      return output.say(`${nextStepText(verdict)}: explain ${verdict.id} yes`);
    }
    const view = (await (await access.labs()).ask({ check: verdict.id, price, id })) ?? verdict;
    const next = nextStepText(view);
    output.say(`${explainText(view, output.paint)}${next ? `\nexplain ${view.id} shows ${next}` : ''}`);
  },
  async reset({ lab, output, access }) {
    await (await access.labs()).reset({ id: lab.current.id });
    output.say('the cluster is as at the start');
  },
  async solution({ lab, output, access }) {
    for (const { name, text } of await (await access.labs()).solution({ id: lab.current.id }))
      output.say(printable(`${name}\n${text.trimEnd()}\n`));
  },
  async debrief({ lab, output, access }) {
    output.say(output.markdown(await (await access.labs()).debrief({ id: lab.current.id })));
  },
  async shell({ lab, output, access, stdin, lines }) {
    if (!stdin.isTTY) throw new UserError({ what: 'a shell needs a terminal', next: 'kubedrill env' });
    // Two readers of one terminal would each get half of what is typed.
    lines.pause();
    const say = (step: string) => output.say(step);
    await access.shell(lab.current, await access.kubectl(say)).finally(() => lines.resume());
  },
  stop: ({ lab }) => lab.stop(),
};

const withArgument: Readonly<Record<string, string>> = { start: 'start <scenario>', explain: 'explain <check> [yes]' };
const help = `words: ${[...Object.keys(words), 'quit'].map((word) => ownValue(withArgument, word) ?? word).join(', ')}`;

function tellList(scenarios: readonly ScenarioRow[], output: Output): void {
  for (const { id, title, exams, difficulty, minutes } of scenarios)
    output.say(`${id}: ${printableLine(title)} (${exams.join(', ').toUpperCase()}, ${difficulty}, ${minutes} minutes)`);
}
