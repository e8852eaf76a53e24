/** jq's command line. */

import { ownValue } from '../../../../kernel/own.ts';
import { isSysError } from '../../kernel/errno.ts';
import type { Process } from '../../kernel/process.ts';
import type { Json } from '../../lib/json.ts';
import { JsonReader, ParseError, parseJson } from '../../lib/json-reader.ts';

export const version = 'jq-1.7.1';
export const usage = `Usage:\tjq [OPTIONS] FILTER [FILES...]
\tjq [OPTIONS] --args FILTER [ARGUMENTS...]
\tjq [OPTIONS] --jsonargs FILTER [JSON_VALUES...]
`;
export const help = `jq - commandline JSON processor [version ${version.slice(3)}]

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

export const hint = `Use jq --help for help with command-line options,
or see the jq manpage, or online docs  at https://jqlang.github.io/jq
`;

/** Ends jq with a message: wrong usage is 2. */
export class Failure extends Error {
  readonly code: number;

  constructor(message: string, code = 2) {
    super(message);
    this.code = code;
  }
}

const longFlags: Record<string, string> = {
  'ascii-output': 'a',
  'color-output': 'C',
  'compact-output': 'c',
  'exit-status': 'e',
  'from-file': 'f',
  help: 'h',
  'join-output': 'j',
  'monochrome-output': 'M',
  'null-input': 'n',
  'raw-input': 'R',
  'raw-output': 'r',
  'raw-output0': '0',
  seq: 'seq',
  slurp: 's',
  'sort-keys': 'S',
  tab: 'tab',
  unbuffered: 'unbuffered',
  version: 'V',
};

export interface Call {
  flags: Set<string>;
  indent: number;
  filter: string | undefined;
  files: string[];
  named: Map<string, Json>;
  positional: Json[];
}

export async function readArguments(p: Process): Promise<Call> {
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
