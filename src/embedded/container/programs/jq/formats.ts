/** What `@name` makes of values. */

import { formatNumber, type Json, toJson } from '../../lib/json.ts';
import type { ValueFunction } from './machine.ts';
import { described, JqError, toText } from './value.ts';

const base32Letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

function base32(bytes: Uint8Array): string {
  let out = '';
  let [held, bits] = [0, 0];
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      out += base32Letters[(held >> bits) & 31];
    }
    held &= (1 << bits) - 1;
  }
  if (bits > 0) out += base32Letters[(held << (5 - bits)) & 31];
  return out.padEnd(Math.ceil(out.length / 8) * 8, '=');
}

function unBase32(text: string, value: Json): string {
  const bytes: number[] = [];
  let [held, bits] = [0, 0];
  for (const letter of text.replace(/=+$/, '')) {
    const at = base32Letters.indexOf(letter);
    if (at < 0) throw new JqError(`${described(value)} is not valid base32 data`);
    held = ((held << 5) | at) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push((held >> bits) & 255);
  }
  return Buffer.from(bytes).toString('utf8');
}

function unBase64(text: string, value: Json): string {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw new JqError(`${described(value)} is not valid base64 data`);
  if (text.replace(/=+$/, '').length % 4 === 1) throw new JqError(`${described(value)} trailing base64 byte found`);
  return Buffer.from(text, 'base64').toString('utf8');
}

function row(value: Json, name: string, cell: (text: string) => string, glue: string): string {
  if (!Array.isArray(value)) throw new JqError(`${described(value)} cannot be ${name}-formatted, only an array can be`);
  const cells = value.map((item) => {
    if (item === null) return '';
    if (typeof item === 'number') return formatNumber(item);
    if (typeof item === 'boolean') return String(item);
    if (typeof item === 'string') return cell(item);
    throw new JqError(`${described(item)} is not valid in a csv row`);
  });
  return cells.join(glue);
}

function shell(value: Json): string {
  const word = (item: Json) => {
    if (typeof item === 'string') return `'${item.replaceAll("'", "'\\''")}'`;
    if (Array.isArray(item) || item instanceof Map)
      throw new JqError(`${described(item)} can not be escaped for shell`);
    return toText(item);
  };
  return Array.isArray(value) ? value.map(word).join(' ') : word(value);
}

const markup: Record<string, string> = { '<': '&lt;', '>': '&gt;', '&': '&amp;', "'": '&#39;', '"': '&quot;' };
const tabs: Record<string, string> = { '\t': '\\t', '\r': '\\r', '\n': '\\n', '\\': '\\\\' };

export const formats: Record<string, ValueFunction> = {
  '@text': (_, value) => toText(value),
  '@json': (_, value) => toJson(value),
  '@html': (_, value) => toText(value).replace(/[<>&'"]/g, (c) => markup[c] ?? c),
  '@uri': (_, value) =>
    encodeURIComponent(toText(value).toWellFormed()).replace(
      /[!'()*]/g,
      (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
    ),
  '@csv': (_, value) => row(value, 'csv', (text) => `"${text.replaceAll('"', '""')}"`, ','),
  '@tsv': (_, value) => row(value, 'tsv', (text) => text.replace(/[\t\r\n\\]/g, (c) => tabs[c] ?? c), '\t'),
  '@sh': (_, value) => shell(value),
  '@base64': (_, value) => Buffer.from(toText(value)).toString('base64'),
  '@base64d': (_, value) => unBase64(toText(value), value),
  '@base32': (_, value) => base32(Buffer.from(toText(value))),
  '@base32d': (_, value) => unBase32(toText(value), value),
};
