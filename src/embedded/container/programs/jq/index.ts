import { ownValue } from '../../../../kernel/own.ts';
import { isSysError } from '../../kernel/errno.ts';
import type { Process } from '../../kernel/process.ts';
import { Output } from '../../lib/io.ts';
import { type Json, toJson } from '../../lib/json.ts';
import { type InputValue, JsonReader, ParseError, parseJson } from '../../lib/json-reader.ts';
import { type Layout, pieces } from '../../lib/json-writer.ts';
import { program } from '../../lib/program.ts';
import { Halt } from './filters.ts';
import { type Filter, PAUSE } from './flow.ts';
import { functionNames, loadLibrary } from './library.ts';
import { Machine } from './machine.ts';
import { CompileError, type Node, parseProgram } from './parser.ts';
import { JqError } from './value.ts';

const version = 'jq-1.7.1';
const usage = `Usage:\tjq [OPTIONS] FILTER [FILES...]
\tjq [OPTIONS] --args FILTER [ARGUMENTS...]
\tjq [OPTIONS] --jsonargs FILTER [JSON_VALUES...]
`;
const help = `jq - commandline JSON processor [version ${version.slice(3)}]

${usage}
Options:
  -n, --null-input      run the filter once, without reading input
  -R, --raw-input       read every line as a string
  -s, --slurp           read all inputs into one array
  -c, --compact-output  print every result on one line
  -r, --raw-output      print strings without quotes
  -j, --join-output     as -r, without newlines after results
  -a, --ascii-output    print only ASCII, the rest as escapes
  -S, --sort-keys       print the keys of objects in order
  -C, --color-output    print in colours
  -M, --monochrome-output
                        print without colours
      --tab             indent with tabs
      --indent N        indent with N spaces (at most 7)
  -e, --exit-status     end with 1 if the last result is false or null, with 4 if there is none
  -f, --from-file FILE  read the filter from a file
      --arg NAME VALUE  set $NAME to a string
      --argjson NAME JSON
                        set $NAME to a value
      --slurpfile NAME FILE
                        set $NAME to an array of the values of a file
      --rawfile NAME FILE
                        set $NAME to the text of a file
      --args            the rest are arguments: $ARGS.positional
      --jsonargs        the rest are values: $ARGS.positional
  -h, --help            show this
  -V, --version         show the version
`;

const hint = `Use jq --help for help with command-line options,
or see the jq manpage, or online docs  at https://jqlang.github.io/jq
`;

/** Ends jq with a message: wrong usage is 2. */
class Failure extends Error {
  readonly code: number;

  constructor(message: string, code = 2) {
    super(message);
    this.code = code;
  }
}

const longFlags: Record<string, string> = {
  ...{ 'null-input': 'n', 'raw-input': 'R', slurp: 's', 'compact-output': 'c', 'raw-output': 'r', 'join-output': 'j' },
  ...{ 'ascii-output': 'a', 'sort-keys': 'S', 'color-output': 'C', 'monochrome-output': 'M', tab: 'tab', help: 'h' },
  ...{ 'exit-status': 'e', 'from-file': 'f', version: 'V', 'raw-output0': '0', seq: 'seq', unbuffered: 'unbuffered' },
};

interface Call {
  flags: Set<string>;
  indent: number;
  filter: string | undefined;
  files: string[];
  named: Map<string, Json>;
  positional: Json[];
}

async function readArguments(p: Process): Promise<Call> {
  const call: Call = { flags: new Set(), indent: 2, filter: undefined, files: [], named: new Map(), positional: [] };
  const { args } = p;
  let rest: 'files' | 'args' | 'jsonargs' = 'files';
  let options = true;
  const value = (text: string, where: string): Json => {
    try {
      return parseJson(text) ?? null;
    } catch (error) {
      if (!(error instanceof ParseError)) throw error;
      throw new Failure(`Invalid JSON text passed to --${where}`);
    }
  };
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    // `-1` and `-(.a)` are filters.
    const operand = !options || !/^-[-A-Za-z]/.test(arg);
    if (operand) {
      if (call.filter === undefined) call.filter = arg;
      else if (rest === 'files') call.files.push(arg);
      else call.positional.push(rest === 'args' ? arg : value(arg, 'jsonargs'));
      continue;
    }
    if (arg === '--') {
      options = false;
      continue;
    }
    const take = (count: number, shape: string): string[] => {
      const taken = args.slice(i + 1, i + 1 + count);
      if (taken.length < count)
        throw new Failure(`${arg} takes ${count === 1 ? 'one parameter' : 'two parameters'} (e.g. ${arg} ${shape})`);
      i += count;
      return taken;
    };
    const name = arg.startsWith('--') ? arg.slice(2) : undefined;
    if (name === 'arg') {
      const [key = '', text = ''] = take(2, 'varname value');
      if (!call.named.has(key)) call.named.set(key, text);
    } else if (name === 'argjson') {
      const [key = '', text = ''] = take(2, 'varname text');
      if (!call.named.has(key)) call.named.set(key, value(text, 'argjson'));
    } else if (name === 'slurpfile' || name === 'rawfile') {
      const [key = '', file = ''] = take(2, 'varname filename');
      call.named.set(key, fileValue(p, name, key, file));
    } else if (name === 'indent') {
      const [text = ''] = take(1, 'n');
      call.indent = Number(text);
      if (!(call.indent >= 0)) throw new Failure('Cannot indent less than zero');
      if (call.indent > 7) throw new Failure('Cannot indent more than 7 characters');
    } else if (name === 'args' || name === 'jsonargs') rest = name;
    else {
      const letters = name === undefined ? [...arg.slice(1)] : [ownValue(longFlags, name)];
      for (const letter of letters) {
        if (letter === undefined || (name === undefined && !'nRscrjaSCMehVf'.includes(letter)))
          throw new Failure(`Unknown option ${arg}`);
        call.flags.add(letter);
      }
    }
  }
  return call;
}

function fileValue(p: Process, kind: 'slurpfile' | 'rawfile', name: string, file: string): Json {
  try {
    const text = p.vfs.readText(p, file);
    if (kind === 'rawfile') return text;
    const reader = new JsonReader();
    return [...reader.push(text), ...reader.end()].map((read) => read.value);
  } catch (error) {
    if (!isSysError(error) && !(error instanceof ParseError)) throw error;
    const what = isSysError(error) ? `Could not open ${file}: ${error.message}` : error.message;
    throw new Failure(`Bad JSON in --${kind} ${name} ${file}: ${what}`);
  }
}

/** What text becomes as values. */
const BYTES_PER_CHARACTER = 4;

/** The inputs, one after the other: values of the files or of standard input, or their lines. */
class Inputs {
  readonly #p: Process;
  readonly #files: string[];
  readonly #raw: boolean;
  #fd: number | undefined;
  #reader = new JsonReader();
  #ready: InputValue[] = [];
  #rest = '';
  #decoder = new TextDecoder();
  #ended = false;
  name: string | null = null;
  line = 0;
  #started = false;
  /** Whether values stay when they have been asked for. */
  readonly #keep: boolean;
  #held = 0;
  /** A file could not be opened. */
  failed = false;

  constructor(p: Process, files: readonly string[], raw: boolean, keep: boolean) {
    this.#p = p;
    this.#keep = keep;
    this.#files = files.length > 0 ? [...files] : ['-'];
    this.#raw = raw;
  }

  /** Whether the next value is here already. */
  get ready(): boolean {
    return this.#ready.length > 0;
  }

  /** The next value; undefined: there is none. Throws ParseError. */
  async next(): Promise<Json | undefined> {
    for (;;) {
      const ready = this.#ready.shift();
      if (ready) {
        this.line = ready.lines;
        this.#started = true;
        return ready.value;
      }
      if (this.#ended) return undefined;
      await this.#more();
    }
  }

  /** The whole text that is left. */
  async text(): Promise<string> {
    let text = '';
    for (let piece = await this.#chunk(); piece !== undefined; piece = await this.#chunk()) {
      this.#p.charge(2 * piece.length);
      text += piece;
    }
    return text;
  }

  async #more(): Promise<void> {
    if (!this.#keep && this.#reader.idle) {
      // What was read before has been dealt with.
      this.#p.charge(-this.#held);
      this.#held = 0;
    }
    const text = await this.#chunk();
    if (text === undefined) {
      this.#ended = true;
      if (!this.#raw) this.#ready.push(...this.#reader.end());
      else if (this.#rest !== '') this.#ready.push({ value: this.#rest, lines: this.line });
      return;
    }
    this.#held += BYTES_PER_CHARACTER * text.length;
    this.#p.charge(BYTES_PER_CHARACTER * text.length);
    const turn = this.#p.step(text.length >> 4);
    if (turn) await turn;
    if (this.#raw) {
      const lines = (this.#rest + text).split('\n');
      this.#rest = lines.pop() ?? '';
      this.#ready.push(...lines.map((value, i) => ({ value, lines: this.line + i + 1 })));
      return;
    }
    this.#ready.push(...this.#reader.push(text));
  }

  /** Text of the files one after the other. */
  async #chunk(): Promise<string | undefined> {
    for (;;) {
      if (this.#fd === undefined) {
        const file = this.#files.shift();
        if (file === undefined) return undefined;
        try {
          this.#fd =
            file === '-' && this.#files.length === 0 && this.name === null
              ? 0
              : this.#p.addFd(this.#p.vfs.open(this.#p, file, { read: true }));
          this.name = this.#fd === 0 ? null : file;
        } catch (error) {
          if (!isSysError(error)) throw error;
          this.failed = true;
          await this.#p.print(2, `jq: error: Could not open file ${file}: ${error.message}\n`);
          continue;
        }
      }
      const data = await this.#p.read(this.#fd);
      if (data.length > 0) return this.#decoder.decode(data, { stream: true });
      if (this.#fd !== 0) this.#p.setFd(this.#fd, undefined);
      this.#fd = undefined;
    }
  }

  /** `<stdin>:3`, as messages say where. */
  get place(): string {
    return !this.#started ? '<unknown>' : `${this.name ?? '<stdin>'}:${this.line}`;
  }
}

/** One run of jq: the program, its inputs, its output. */
class Run {
  readonly #p: Process;
  readonly #call: Call;
  readonly #inputs: Inputs;
  readonly #out: Output;
  readonly #machine: Machine;
  readonly #filter: Filter;
  #told = '';
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
        tell: (text) => {
          this.#told += text;
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

  /** What one input made is no longer kept. */
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
      await this.#tell();
      await this.#out.flush();
      if (error instanceof Halt) return await this.#halt(error);
      if (!(error instanceof ParseError)) throw error;
      await this.#p.print(2, `jq: parse error: ${error.message}\n`);
      return 2;
    }
    await this.#tell();
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
        await this.#tell();
        const turn = this.#p.step(this.#machine.takeWork());
        if (turn) await turn;
      }
    } catch (error) {
      if (!(error instanceof JqError)) throw error;
      await this.#tell();
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

  async #tell(): Promise<void> {
    if (this.#told === '') return;
    const text = this.#told;
    this.#told = '';
    await this.#out.flush();
    await this.#p.print(2, text);
  }

  async #print(value: Json): Promise<void> {
    const { flags, indent } = this.#call;
    this.#last = value;
    await this.#tell();
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

/** jq 1.7.1: the language without modules and SQL-style operators, the options without --stream. */
export const jq = program('jq', async (p) => {
  try {
    const call = await readArguments(p);
    if (call.flags.has('h')) {
      await p.print(1, help);
      return 0;
    }
    if (call.flags.has('V')) {
      await p.print(1, `${version}\n`);
      return 0;
    }
    let { filter } = call;
    if (call.flags.has('f') && filter !== undefined) {
      // The file's name stands where the filter would.
      try {
        filter = p.vfs.readText(p, filter);
      } catch (error) {
        if (!isSysError(error)) throw error;
        throw new Failure(`error: Could not open ${filter}: ${error.message}`);
      }
    }
    if (filter === undefined) {
      // Alone in a pipe it only formats.
      if (p.args.length > 0 || p.fds.get(0)?.isTty === true || p.fds.get(1)?.isTty === true) {
        await p.print(2, `${usage}${hint}`);
        return 2;
      }
      filter = '.';
    }
    const args = new Map<string, Json>([
      ['positional', call.positional],
      ['named', call.named],
    ]);
    const variables = new Map<string, Json>([['ENV', new Map(p.env)], ...call.named, ['ARGS', args]]);
    const node = parseProgram(filter, { functions: functionNames, variables: new Set(variables.keys()) });
    const inputs = new Inputs(p, call.files, call.flags.has('R'), call.flags.has('s'));
    return await new Run(p, call, node, inputs, variables).run();
  } catch (error) {
    if (error instanceof CompileError) {
      await p.print(2, error.message);
      return 3;
    }
    if (!(error instanceof Failure)) throw error;
    await p.print(2, `jq: ${error.message}\n${error.message.startsWith('error:') ? '' : hint}`);
    return error.code;
  }
});
