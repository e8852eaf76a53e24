/** Reading DER (ITU-T X.690): as much as certificate requests and certificates need. */

export class DerError extends Error {}

/** One value: its tag, its content, and all of its bytes. */
export interface DerValue {
  tag: number;
  content: Buffer;
  whole: Buffer;
}

/** The value at the start of `bytes`. @throws DerError where it is cut off or of a form that DER has not */
export function readValue(bytes: Buffer, at = 0): DerValue {
  const tag = bytes[at];
  const first = bytes[at + 1];
  if (tag === undefined || first === undefined) throw new DerError('asn1: syntax error: data truncated');
  if ((tag & 0x1f) === 0x1f) throw new DerError('asn1: structure error: unsupported tag');
  let length = first;
  let start = at + 2;
  if (first === 0x80) throw new DerError('asn1: syntax error: indefinite length found (not DER)');
  if (first > 0x80) {
    const count = first & 0x7f;
    if (count > 4) throw new DerError('asn1: structure error: length too large');
    length = 0;
    for (let i = 0; i < count; i++) length = length * 256 + (bytes[start + i] ?? 0);
    start += count;
  }
  if (start + length > bytes.length) throw new DerError('asn1: syntax error: data truncated');
  return { tag, content: bytes.subarray(start, start + length), whole: bytes.subarray(at, start + length) };
}

/** The values that a constructed one is made of. */
export function readAll(content: Buffer): DerValue[] {
  const values: DerValue[] = [];
  for (let at = 0; at < content.length; ) {
    const value = readValue(content, at);
    values.push(value);
    at += value.whole.length;
  }
  return values;
}

/** The dotted form of an OBJECT IDENTIFIER. */
export function readOid({ content }: DerValue): string {
  const arcs: number[] = [];
  let arc = 0;
  for (const byte of content) {
    arc = arc * 128 + (byte & 0x7f);
    if (byte & 0x80) continue;
    if (arcs.length === 0) arcs.push(Math.min(Math.floor(arc / 40), 2), arc - 40 * Math.min(Math.floor(arc / 40), 2));
    else arcs.push(arc);
    arc = 0;
  }
  return arcs.join('.');
}
