/** How etcd's command lines write numbers, bytes and tables. */

/** humanize.Bytes: powers of 1000, a decimal below ten. */
export function humanBytes(bytes: number): string {
  if (bytes < 10) return `${bytes} B`;
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = Math.floor((bytes / 1000 ** power) * 10 + 0.5) / 10;
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ${units[power]}`;
}

/** A duration in milliseconds as Go prints it. */
export function goDuration(ms: number): string {
  if (ms >= 1000) return `${Number((ms / 1000).toFixed(9))}s`;
  return ms < 1 ? `${Number((ms * 1000).toFixed(3))}µs` : `${Number(ms.toFixed(6))}ms`;
}

/** As tablewriter draws it: heads in the middle, cells to the right. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = heads.map((head, i) => Math.max(head.length, ...rows.map((row) => (row[i] ?? '').length)));
  const rule = `+${widths.map((width) => '-'.repeat(width + 2)).join('+')}+\n`;
  const middle = (text: string, width: number) => {
    const left = Math.floor((width - text.length) / 2);
    return text.padStart(text.length + left).padEnd(width);
  };
  const line = (cells: readonly string[], set: (text: string, width: number) => string) =>
    `|${widths.map((width, i) => ` ${set(cells[i] ?? '', width)} `).join('|')}|\n`;
  const body = rows.map((row) => line(row, (text, width) => text.padStart(width))).join('');
  return `${rule}${line(heads, middle)}${rule}${body}${rows.length > 0 ? rule : ''}`;
}

/** As encoding/json writes etcd's messages: bytes in base64, ids as numbers, what is zero left out. */
export function toJson(value: unknown, hex = false): string {
  if (typeof value === 'bigint') return hex ? `"${value.toString(16)}"` : String(value);
  if (value instanceof Uint8Array) return JSON.stringify(Buffer.from(value).toString('base64'));
  if (Array.isArray(value)) return `[${value.map((item) => toJson(item, hex)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).filter(([, item]) => !isEmpty(item));
  return `{${fields.map(([name, item]) => `${JSON.stringify(name)}:${toJson(item, hex)}`).join(',')}}`;
}

function isEmpty(value: unknown): boolean {
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length === 0;
  return value === undefined || value === 0 || value === 0n || value === false || value === '';
}

const escapes: Readonly<Record<number, string>> = {
  ...{ 7: '\\a', 8: '\\b', 12: '\\f', 10: '\\n', 13: '\\r', 9: '\\t', 11: '\\v', 34: '\\"', 92: '\\\\' },
};

/** Bytes as %q writes them. */
export function goQuote(bytes: Uint8Array): string {
  let text = '';
  const buffer = Buffer.from(bytes);
  for (let at = 0; at < buffer.length; ) {
    const byte = buffer[at] ?? 0;
    const length = byte < 0x80 ? 1 : byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    const character = buffer.subarray(at, at + length).toString('utf8');
    const whole = byte >= 0x80 && [...character].length === 1 && character !== '\ufffd';
    if (byte < 0x80) text += escapes[byte] ?? (byte < 32 || byte === 127 ? hexByte(byte) : String.fromCharCode(byte));
    else text += whole ? character : hexByte(byte);
    at += whole ? length : 1;
  }
  return `"${text}"`;
}

const hexByte = (byte: number) => `\\x${byte.toString(16).padStart(2, '0')}`;

/** Bytes as `--hex` writes them. */
export const hexBytes = (bytes: Uint8Array): string => [...bytes].map(hexByte).join('');
