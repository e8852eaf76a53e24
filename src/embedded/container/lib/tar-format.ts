/** The ustar format, with GNU's and pax' long names. */

export interface TarEntry {
  name: string;
  mode: number;
  uid: number;
  gid: number;
  mtime: number;
  /** `0` file, `5` folder, `2` symbolic link, `1` hard link. */
  type: string;
  link: string;
  content: Uint8Array;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A header block; a long name is put before it as GNU does. */
export function entryHeader(e: Omit<TarEntry, 'content'> & { size: number }): Uint8Array {
  const name = encoder.encode(e.name);
  if (name.length <= 100) return block(name, e);
  const longName = encoder.encode(`${e.name}\0`);
  const padded = new Uint8Array(Math.ceil(longName.length / 512) * 512);
  padded.set(longName);
  const head = block(encoder.encode('././@LongLink'), {
    ...e,
    type: 'L',
    size: longName.length,
    mode: 0,
    uid: 0,
    gid: 0,
    mtime: 0,
    link: '',
  });
  return Buffer.concat([head, padded, block(name.subarray(0, 100), e)]);
}

function block(name: Uint8Array, e: Omit<TarEntry, 'content'> & { size: number }): Uint8Array {
  const out = new Uint8Array(512);
  out.set(name);
  const text = (value: string, at: number) => out.set(encoder.encode(value), at);
  const octal = (value: number, length: number, at: number) =>
    text(`${value.toString(8).padStart(length - 1, '0')}\0`, at);
  octal(e.mode & 0o7777, 8, 100);
  octal(e.uid, 8, 108);
  octal(e.gid, 8, 116);
  octal(e.size, 12, 124);
  octal(e.mtime, 12, 136);
  text('        ', 148);
  text(e.type, 156);
  out.set(encoder.encode(e.link).subarray(0, 100), 157);
  text('ustar  \0', 257);
  const sum = out.reduce((total, byte) => total + byte, 0);
  text(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return out;
}

/** The entries of an archive, in order. Broken rests are left out. */
export function* readEntries(data: Uint8Array): Generator<TarEntry> {
  let longName: string | undefined;
  let longLink: string | undefined;
  for (let at = 0; at + 512 <= data.length; ) {
    const head = data.subarray(at, at + 512);
    const field = (from: number, length: number) => {
      const raw = head.subarray(from, from + length);
      const end = raw.indexOf(0);
      return decoder.decode(end < 0 ? raw : raw.subarray(0, end));
    };
    const number = (from: number, length: number) => Number.parseInt(field(from, length).trim() || '0', 8) || 0;
    if (head.every((b) => b === 0)) return;
    const size = number(124, 12);
    const content = data.subarray(at + 512, at + 512 + size);
    const type = field(156, 1) || '0';
    at += 512 + Math.ceil(size / 512) * 512;
    if (type === 'L' || type === 'K') {
      const text = decoder.decode(content).replace(/\0.*$/s, '');
      if (type === 'L') longName = text;
      else longLink = text;
      continue;
    }
    if (type === 'x' || type === 'g') {
      const records = decoder.decode(content);
      const path = /\d+ path=([^\n]*)\n/.exec(records)?.[1];
      if (type === 'x' && path !== undefined) longName = path;
      continue;
    }
    const prefix = field(257, 5) === 'ustar' && field(345, 155) !== '' ? `${field(345, 155)}/` : '';
    yield {
      name: longName ?? prefix + field(0, 100),
      mode: number(100, 8),
      uid: number(108, 8),
      gid: number(116, 8),
      mtime: number(136, 12),
      type: type === '\0' ? '0' : type,
      link: longLink ?? field(157, 100),
      content,
    };
    longName = undefined;
    longLink = undefined;
  }
}
