import { ownValue } from '../../../kernel/own.ts';
import { isSysError } from '../kernel/errno.ts';
import type { Process } from '../kernel/process.ts';
import { isBusybox, program, UsageError } from '../lib/program.ts';

const units: Record<string, number> = {
  ...{ '': 1, c: 1, w: 2, b: 512, B: 1 },
  ...Object.fromEntries(
    ['K', 'M', 'G', 'T'].flatMap((letter, i) => [
      [letter, 1024 ** (i + 1)],
      [`${letter}iB`, 1024 ** (i + 1)],
      [`${letter}B`, 1000 ** (i + 1)],
    ]),
  ),
  ...{ k: 1024, kB: 1000 },
};

const names = 'bs ibs obs count skip seek if of conv status iflag oflag'.split(' ');
const conversions = 'notrunc sync noerror ucase lcase fsync fdatasync excl nocreat sparse'.split(' ');
const inFlags = 'count_bytes skip_bytes fullblock direct nonblock'.split(' ');
const outFlags = 'append direct sync dsync seek_bytes nonblock'.split(' ');

/** No larger block is kept at once, where one has to be. */
const MAX_BLOCK = 64 * 1024 ** 2;

interface Call {
  value(name: string): string | undefined;
  size(name: string, fallback: number): number;
  conv: ReadonlySet<string>;
  iflag: ReadonlySet<string>;
  oflag: ReadonlySet<string>;
}

function readCall(p: Process): Call {
  const hint = isBusybox(p) ? '' : "\nTry 'dd --help' for more information.";
  const quote = (text: string) => (isBusybox(p) ? `'${text}'` : `\u2018${text}\u2019`);
  const values = new Map<string, string>();
  for (const arg of p.args) {
    const at = arg.indexOf('=');
    const name = arg.slice(0, at);
    if (at < 0 || !names.includes(name)) throw new UsageError(`unrecognized operand ${quote(arg)}${hint}`);
    values.set(name, arg.slice(at + 1));
  }
  const list = (name: string, known: readonly string[], what: string) => {
    const words = (values.get(name) ?? '').split(',').filter(Boolean);
    const strange = words.find((word) => !known.includes(word));
    if (strange !== undefined) throw new UsageError(`invalid ${what}: ${quote(strange)}${hint}`);
    return new Set(words);
  };
  return {
    value: (name) => values.get(name),
    size: (name, fallback) => {
      const text = values.get(name);
      if (text === undefined) return fallback;
      // Factors may be multiplied: `2x512`.
      return text.split('x').reduce((product, factor) => {
        const [, digits, unit = ''] = /^(\d+)([a-zA-Z]*)$/.exec(factor) ?? [];
        const scale = ownValue(units, unit);
        if (digits === undefined || scale === undefined) throw new UsageError(`invalid number: ${quote(text)}`);
        return product * Number(digits) * scale;
      }, 1);
    },
    conv: list('conv', conversions, 'conversion'),
    iflag: list('iflag', inFlags, 'input flag'),
    oflag: list('oflag', outFlags, 'output flag'),
  };
}

function open(p: Process, file: string, flags: Parameters<Process['vfs']['open']>[2]): number {
  try {
    return p.addFd(p.vfs.open(p, file, flags));
  } catch (error) {
    if (!isSysError(error)) throw error;
    throw new UsageError(
      isBusybox(p) ? `can't open '${file}': ${error.message}` : `failed to open '${file}': ${error.message}`,
    );
  }
}

/** Passes over input: by seeking, or by reading where that can't be. */
async function skip(p: Process, fd: number, bytes: number): Promise<void> {
  if (bytes <= 0) return;
  try {
    if (p.file(fd).seek(bytes) !== undefined) return;
  } catch (error) {
    if (!isSysError(error, 'ESPIPE')) throw error;
  }
  for (let left = bytes; left > 0; ) {
    const data = await p.read(fd, Math.min(left, 65536));
    if (data.length === 0) return;
    left -= data.length;
  }
}

const scaled = (bytes: number, base: number, suffixes: readonly string[]) => {
  let [value, at] = [bytes, -1];
  while (value >= base && at < suffixes.length - 1) {
    value /= base;
    at++;
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${suffixes[at] ?? 'B'}`;
};

const SI = ['kB', 'MB', 'GB', 'TB'];

/** What was copied, how fast. */
function summary(p: Process, bytes: number, ms: number): string {
  const seconds = Math.max(ms, 0.01) / 1000;
  if (isBusybox(p)) {
    const binary = scaled(bytes, 1024, ['KB', 'MB', 'GB', 'TB']).replace(' ', '');
    return `${bytes} bytes (${binary}) copied, ${seconds.toFixed(6)} seconds, ${scaled(bytes / seconds, 1024, ['KB', 'MB', 'GB', 'TB']).replace(' ', '')}/s\n`;
  }
  const sizes =
    bytes < 1000
      ? ''
      : ` (${scaled(bytes, 1000, SI)}${bytes < 1024 ? '' : `, ${scaled(bytes, 1024, ['KiB', 'MiB', 'GiB', 'TiB'])}`})`;
  const rate = scaled(bytes / seconds, 1000, SI);
  return `${bytes} bytes copied`
    .replace(' copied', `${sizes} copied`)
    .concat(`, ${Number(seconds.toPrecision(6))} s, ${rate === '0.0 B' ? '0.0 kB' : rate}/s\n`);
}

/** Opens what is written to, at the place where that begins. */
function openOutput(p: Process, { value, size, conv, oflag }: Call, obs: number): number {
  const output = value('of');
  if (output === undefined) return 1;
  const seek = size('seek', 0) * (oflag.has('seek_bytes') ? 1 : obs);
  const append = oflag.has('append');
  const truncates = !conv.has('notrunc') && !append;
  const create = !conv.has('nocreat');
  const to = open(p, output, { write: true, create, truncate: truncates && seek === 0, append });
  if (seek === 0) return to;
  const { node } = p.vfs.resolve(p, output);
  if (node.kind === 'file') {
    // What is before stays, what is behind goes; a hole reads as zeros.
    if (truncates) node.truncate(seek);
    p.file(to).seek(seek);
  }
  return to;
}

/** Blocks of one size, and those that came out shorter. */
class Records {
  readonly #size: number;
  bytes = 0;
  #full = 0;
  #partial = 0;

  constructor(size: number) {
    this.#size = size;
  }

  count(bytes: number): void {
    this.bytes += bytes;
    if (bytes === this.#size) this.#full++;
    else this.#partial++;
  }

  get text(): string {
    return `${this.#full}+${this.#partial}`;
  }
}

/** A block after `conv=sync,ucase,lcase`. */
function converted(block: Uint8Array, conv: ReadonlySet<string>, ibs: number): Uint8Array {
  const whole = conv.has('sync') && block.length < ibs ? Buffer.concat([block], ibs) : block;
  if (conv.has('ucase')) return whole.map((b) => (b >= 97 && b <= 122 ? b - 32 : b));
  if (conv.has('lcase')) return whole.map((b) => (b >= 65 && b <= 90 ? b + 32 : b));
  return whole;
}

/** Puts blocks together to those of the output's size. */
class OutputBlocks {
  readonly #size: number;
  readonly #write: (block: Uint8Array) => Promise<void>;
  #rest: Uint8Array[] = [];
  #bytes = 0;

  constructor(size: number, write: (block: Uint8Array) => Promise<void>) {
    this.#size = size;
    this.#write = write;
  }

  async push(block: Uint8Array): Promise<void> {
    this.#rest.push(block);
    this.#bytes += block.length;
    while (this.#bytes >= this.#size) {
      const all = Buffer.concat(this.#rest);
      await this.#write(all.subarray(0, this.#size));
      this.#rest = [all.subarray(this.#size)];
      this.#bytes = all.length - this.#size;
    }
  }

  async end(): Promise<void> {
    if (this.#bytes > 0) await this.#write(Buffer.concat(this.#rest));
  }
}

export const dd = program('dd', async (p) => {
  const call = readCall(p);
  const { value, size, conv, iflag } = call;
  const started = performance.now();
  const bs = value('bs') === undefined ? undefined : size('bs', 512);
  const [ibs, obs] = [bs ?? size('ibs', 512), bs ?? size('obs', 512)];
  if (ibs <= 0 || obs <= 0) throw new UsageError(`invalid number: '0'`);
  // Its buffers count as its memory; here blocks go through in small pieces.
  p.pretend(bs ?? ibs + obs);
  const piecewise = bs !== undefined && !['sync', 'ucase', 'lcase'].some((word) => conv.has(word));
  if (!piecewise && Math.max(ibs, obs) > MAX_BLOCK)
    throw new UsageError(`memory exhausted by input buffer of size ${ibs} bytes`);
  const count = size('count', Number.POSITIVE_INFINITY);
  const limit = iflag.has('count_bytes') ? count : count * ibs;
  const input = value('if');
  const from = input === undefined ? 0 : open(p, input, { read: true });
  const to = openOutput(p, call, obs);
  await skip(p, from, size('skip', 0) * (iflag.has('skip_bytes') ? 1 : ibs));
  const [read, written] = [new Records(ibs), new Records(obs)];
  const write = async (block: Uint8Array) => {
    await p.write(to, block);
    written.count(block.length);
  };
  const blocks = new OutputBlocks(obs, write);
  // A file or device gives whole blocks, a pipe what it has.
  const whole = iflag.has('fullblock') || input !== undefined || p.file(from).node !== undefined;
  let ended = false;
  for (let total = 0; total < limit && !ended; ) {
    const wanted = Math.min(ibs, limit - total);
    const pieces: Uint8Array[] = [];
    let got = 0;
    while (got < wanted) {
      const data = await p.read(from, Math.min(wanted - got, 65536));
      ended = data.length === 0;
      if (ended) break;
      if (piecewise) await p.write(to, data);
      else pieces.push(new Uint8Array(data));
      got += data.length;
      if (!whole) break;
    }
    if (got === 0) break;
    // A block of a pipe counts whole, however short.
    total += whole ? got : wanted;
    read.count(got);
    if (piecewise) written.count(got);
    else {
      const block = converted(Buffer.concat(pieces), conv, ibs);
      await (bs === undefined ? blocks.push(block) : write(block));
    }
  }
  await blocks.end();
  const status = value('status');
  if (status === 'none') return 0;
  const records = `${read.text} records in\n${written.text} records out\n`;
  await p.print(2, records + (status === 'noxfer' ? '' : summary(p, written.bytes, performance.now() - started)));
  return 0;
});
