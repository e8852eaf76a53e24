import type { Process } from '../../kernel/process.ts';
import { Output } from '../../lib/io.ts';
import { type Json, toJson } from '../../lib/json.ts';
import { ParseError } from '../../lib/json-reader.ts';
import { type Layout, pieces } from '../../lib/json-writer.ts';
import type { Call } from './command-line.ts';
import { Halt } from './filters.ts';
import { type Filter, PAUSE } from './flow.ts';
import type { Inputs } from './inputs.ts';
import { loadLibrary } from './library.ts';
import { Machine } from './machine.ts';
import type { Node } from './parser.ts';
import { JqError } from './value.ts';

/** One run of jq: the program, its inputs, its output. */
export class Run {
  readonly #p: Process;
  readonly #call: Call;
  readonly #inputs: Inputs;
  readonly #out: Output;
  readonly #machine: Machine;
  readonly #filter: Filter;
  #reported = '';
  #held = 0;
  /** The last result; undefined: there was none. */
  #last: Json | undefined;

  constructor(p: Process, call: Call, node: Node, inputs: Inputs, variables: ReadonlyMap<string, Json>) {
    this.#p = p;
    this.#call = call;
    this.#inputs = inputs;
    this.#out = new Output(p);
    let scope: Filter['scope'];
    for (const [name, value] of variables) scope = { kind: 'variable', name, value, next: scope };
    this.#filter = { node, scope };
    this.#machine = new Machine(
      {
        env: p.env,
        hold: (bytes) => this.#hold(bytes),
        now: () => p.container.clock.now(),
        report: (text) => {
          this.#reported += text;
        },
        filename: () => inputs.name,
        line: () => inputs.line,
      },
      loadLibrary(),
    );
  }

  #hold(bytes: number): void {
    this.#held += bytes;
    this.#p.charge(bytes);
  }

  /** What one input created is no longer kept. */
  #release(): void {
    this.#p.charge(-this.#held);
    this.#held = 0;
  }

  async run(): Promise<number> {
    const { flags } = this.#call;
    let status = 0;
    try {
      if (flags.has('n')) status = await this.#each(null);
      else if (flags.has('s')) {
        let all: Json;
        if (flags.has('R')) all = await this.#inputs.text();
        else {
          const values: Json[] = [];
          for (let value = await this.#inputs.next(); value !== undefined; value = await this.#inputs.next())
            values.push(value);
          all = values;
        }
        status = await this.#each(all);
      } else {
        for (let value = await this.#inputs.next(); value !== undefined; value = await this.#inputs.next())
          status = await this.#each(value);
      }
    } catch (error) {
      await this.#report();
      await this.#out.flush();
      if (error instanceof Halt) return await this.#halt(error);
      if (!(error instanceof ParseError)) throw error;
      await this.#p.print(2, `jq: parse error: ${error.message}\n`);
      return 2;
    }
    await this.#report();
    await this.#out.flush();
    if (this.#inputs.failed) return 2;
    if (status !== 0 || !flags.has('e')) return status;
    return this.#last === undefined ? 4 : this.#last === null || this.#last === false ? 1 : 0;
  }

  async #halt({ code, value }: Halt): Promise<number> {
    if (value !== undefined && value !== null)
      await this.#p.print(2, typeof value === 'string' ? value : `${toJson(value)}\n`);
    return code;
  }

  /** Runs the program for one input; resolves with 5 if it failed there. */
  async #each(value: Json): Promise<number> {
    const flow = this.#machine.apply(this.#filter, { value, path: undefined });
    try {
      for (;;) {
        const { value: result, done } = flow.next();
        if (done) {
          // Whoever follows a stream sees results before the next input is waited for.
          if (!this.#inputs.ready) await this.#out.flush();
          return 0;
        }
        if (result !== PAUSE) {
          await this.#print(result.value);
          continue;
        }
        if (this.#machine.wantsInput) {
          this.#machine.input = await this.#inputs.next();
          this.#machine.wantsInput = false;
        }
        await this.#report();
        const turn = this.#p.step(this.#machine.takeWork());
        if (turn) await turn;
      }
    } catch (error) {
      if (!(error instanceof JqError)) throw error;
      await this.#report();
      await this.#out.flush();
      const plain = typeof error.value === 'string';
      await this.#p.print(
        2,
        `jq: error (at ${this.#inputs.place})${plain ? '' : ' (not a string)'}: ${plain ? error.value : toJson(error.value)}\n`,
      );
      return 5;
    } finally {
      this.#release();
    }
  }

  async #report(): Promise<void> {
    if (this.#reported === '') return;
    const text = this.#reported;
    this.#reported = '';
    await this.#out.flush();
    await this.#p.print(2, text);
  }

  async #print(value: Json): Promise<void> {
    const { flags, indent } = this.#call;
    this.#last = value;
    await this.#report();
    if (flags.has('seq')) await this.#out.write('\x1e');
    const raw = flags.has('r') || flags.has('j') || flags.has('0');
    if (raw && !flags.has('a') && typeof value === 'string') await this.#out.write(value);
    else {
      const layout: Layout = {
        indent: flags.has('c') || indent === 0 ? undefined : flags.has('tab') ? '\t' : ' '.repeat(indent),
        sortKeys: flags.has('S'),
        color:
          flags.has('C') || (!flags.has('M') && !this.#p.env.has('NO_COLOR') && this.#p.fds.get(1)?.isTty === true),
        ascii: flags.has('a'),
      };
      for (const piece of pieces(value, layout)) {
        const turn = this.#p.step(1);
        if (turn) await turn;
        await this.#out.write(piece);
      }
    }
    await this.#out.write(flags.has('j') ? '' : flags.has('0') ? '\0' : '\n');
  }
}
