import { isSysError } from '../../kernel/errno.ts';
import { complain } from '../complain.ts';
import type { Builtin, Shell } from '../shell.ts';

interface ReadOptions {
  raw: boolean;
  silent: boolean;
  prompt: string | undefined;
  timeoutMs: number | undefined;
  count: number | undefined;
  delimiter: string;
  array: string | undefined;
  fd: number;
  names: string[];
}

function parse(args: readonly string[], bash: boolean): ReadOptions | string {
  const options: ReadOptions = {
    ...{ raw: false, silent: false, prompt: undefined, timeoutMs: undefined, count: undefined, delimiter: '\n' },
    ...{ array: undefined, fd: 0, names: [] },
  };
  let i = 0;
  for (; i < args.length; i++) {
    const arg = args[i] ?? '';
    if (arg === '--') {
      i++;
      break;
    }
    if (!arg.startsWith('-') || arg === '-') break;
    for (let at = 1; at < arg.length; at++) {
      const c = arg[at] ?? '';
      if (c === 'r') options.raw = true;
      else if (c === 's') options.silent = true;
      else if (c === 'e' && bash) continue;
      else if ('ptnudaN'.includes(c)) {
        const value = arg.slice(at + 1) || args[++i] || '';
        if (c === 'p') options.prompt = value;
        else if (c === 't') options.timeoutMs = Number(value) * 1000;
        else if (c === 'n' || c === 'N') options.count = Number(value);
        else if (c === 'd') options.delimiter = value[0] ?? '\0';
        else if (c === 'u') options.fd = Number(value);
        else options.array = value;
        break;
      } else return `-${c}`;
    }
  }
  options.names = args.slice(i);
  return options;
}

/** One character after the other, so that what comes after the line stays for others. */
async function readCharacters(
  shell: Shell,
  options: ReadOptions,
): Promise<{ text: string; escaped: boolean[]; ended: boolean } | 'timeout'> {
  const { p } = shell;
  const bytes: number[] = [];
  const escapedAt = new Set<number>();
  let expired = false;
  let escaping = false;
  const file = p.file(options.fd);
  const timer = options.timeoutMs === undefined ? undefined : p.sleep(options.timeoutMs).then(() => 'timeout' as const);
  // Given up with the process; who reads on notices that by itself.
  timer?.catch(() => {});
  let ended = false;
  const delimiter = options.delimiter.charCodeAt(0);
  while (!expired) {
    const next = file.read(p, 1);
    const chunk = timer ? await Promise.race([next, timer]) : await next;
    if (chunk === 'timeout') {
      expired = true;
      break;
    }
    const turn = p.step(1);
    if (turn) await turn;
    const byte = chunk[0];
    if (byte === undefined) {
      ended = true;
      break;
    }
    if (escaping) {
      escaping = false;
      if (byte === 10) continue;
      escapedAt.add(bytes.length);
    } else if (byte === delimiter) break;
    else if (byte === 92 && !options.raw) {
      escaping = true;
      continue;
    }
    if (byte !== 0) bytes.push(byte);
    if (bytes.length % 4096 === 0) p.charge(4096);
    if (options.count !== undefined && bytes.length >= options.count) break;
  }
  if (expired) return 'timeout';
  // Offsets count bytes; with text of one byte a character they are characters.
  const text = Buffer.from(bytes).toString('utf8');
  return { text, escaped: Array.from(text, (_, i) => escapedAt.has(i)), ended };
}

/** Splits a line for `read`: the last variable gets the rest. */
export function splitFields(text: string, escaped: readonly boolean[], ifs: string, count: number): string[] {
  const isBlank = (i: number) => !escaped[i] && ifs.includes(text[i] ?? '') && ' \t\n'.includes(text[i] ?? '');
  const isSeparator = (i: number) => !escaped[i] && ifs.includes(text[i] ?? '');
  const fields: string[] = [];
  let i = 0;
  while (i < text.length && isBlank(i)) i++;
  while (i < text.length) {
    if (fields.length === count - 1) {
      let end = text.length;
      while (end > i && isBlank(end - 1)) end--;
      // One separator at the very end belongs to the last field only if more of them are in it.
      const inner = Array.from({ length: end - i }, (_, k) => i + k).filter((k) => isSeparator(k) && !isBlank(k));
      if (inner.length === 1 && inner[0] === end - 1) end--;
      fields.push(text.slice(i, end));
      return fields;
    }
    const start = i;
    while (i < text.length && !isSeparator(i)) i++;
    fields.push(text.slice(start, i));
    while (i < text.length && isBlank(i)) i++;
    if (i < text.length && isSeparator(i) && (!isBlank(i - 1) || start === i || !isBlank(i))) {
      if (!isBlank(i)) i++;
    }
    while (i < text.length && isBlank(i)) i++;
  }
  return fields;
}

const read: Builtin = async (shell, args) => {
  const { p, state } = shell;
  const options = parse(args, state.flavor === 'bash');
  if (typeof options === 'string') return complain(shell, 'read', `Illegal option ${options}`, 2);
  if (options.names.length === 0 && options.array === undefined) {
    if (state.flavor === 'dash') return complain(shell, 'read', 'arg count', 2);
    options.names = ['REPLY'];
  }
  const { tty } = p;
  const onTty = p.fds.get(options.fd)?.isTty ?? false;
  if (options.prompt !== undefined && (onTty || state.flavor === 'ash')) await p.print(2, options.prompt);
  const echo = tty?.echo ?? true;
  if (options.silent && onTty && tty) tty.echo = false;
  let result: Awaited<ReturnType<typeof readCharacters>>;
  try {
    result = await readCharacters(shell, options);
  } catch (error) {
    if (!isSysError(error)) throw error;
    return await complain(shell, 'read', `${options.fd}: ${error.message}`);
  } finally {
    if (options.silent && onTty && tty) tty.echo = echo;
  }
  if (result === 'timeout') return state.flavor === 'bash' ? 142 : 1;
  const ifs = state.get('IFS') ?? ' \t\n';
  if (options.array !== undefined) {
    state.variables.set(options.array, { value: undefined, array: new Map(), exported: false, readonly: false });
    splitFields(result.text, result.escaped, ifs, Number.POSITIVE_INFINITY).forEach((field, i) => {
      shell.variables.setElement(options.array ?? '', String(i), field);
    });
  } else if (args.length > 0 && options.names[0] === 'REPLY' && !args.includes('REPLY'))
    shell.variables.set('REPLY', result.text);
  else {
    const fields = splitFields(result.text, result.escaped, ifs, options.names.length);
    options.names.forEach((name, i) => {
      shell.variables.set(name, fields[i] ?? '');
    });
  }
  return result.ended ? 1 : 0;
};

const mapfile: Builtin = async (shell, args) => {
  const strip = args.includes('-t');
  const name = args.find((a) => !a.startsWith('-')) ?? 'MAPFILE';
  const lines = (await shell.p.readAllText(0)).split(/(?<=\n)/).filter((l) => l !== '');
  shell.state.variables.set(name, { value: undefined, array: new Map(), exported: false, readonly: false });
  lines.forEach((line, i) => {
    shell.variables.setElement(name, String(i), strip ? line.replace(/\n$/, '') : line);
  });
  return 0;
};

export const readBuiltins: Record<string, Builtin> = { read, mapfile, readarray: mapfile };
