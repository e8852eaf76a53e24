import type { PodTemplateSpec } from '../../../kube/api.gen.ts';
import { structs } from './pod-template-layout.ts';

/**
 * The hash that Kubernetes puts into names of ReplicaSets and ControllerRevisions and into the labels
 * pod-template-hash and controller-revision-hash: FNV-32a over a dump of the template's Go value, written with letters
 * that form no words. `collisions` is the owner's status.collisionCount.
 */
export function templateHash(template: PodTemplateSpec, collisions?: number): string {
  let hash = fnv32a(Buffer.from(dumpTemplate(template)));
  if (collisions !== undefined) {
    const bytes = Buffer.alloc(8);
    bytes.writeUInt32LE(collisions);
    hash = fnv32a(bytes, hash);
  }
  return safeEncode(String(hash));
}

const letters = 'bcdfghjklmnpqrstvwxz2456789';

/** Without vowels and look-alike digits, as apimachinery's rand package does it. */
export function safeEncode(text: string): string {
  return Array.from(text, (c) => letters[c.charCodeAt(0) % letters.length]).join('');
}

export function fnv32a(bytes: Uint8Array, start = 0x811c9dc5): number {
  let hash = start;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}

/** The template as go-spew prints its Go value (`%#v`, keys sorted, no pointer addresses). */
export function dumpTemplate(template: PodTemplateSpec): string {
  return `(v1.PodTemplateSpec)${struct('v1.PodTemplateSpec', template)}`;
}

function struct(type: string, value: unknown): string {
  const fields = layout(type);
  const object = (value ?? {}) as Record<string, unknown>;
  const printed = fields.map(
    ({ name, json, type: t, kind }) => `${name}:${typed(t, kind, json === '-' ? object : object[json])}`,
  );
  return `{${printed.join(' ')}}`;
}

/** A value with its type before it. */
function typed(type: string, kind: string, value: unknown): string {
  return `(${type})${plain(type, kind, value)}`;
}

function plain(type: string, kind: string, value: unknown): string {
  if (kind.startsWith('*')) return value == null ? '<nil>' : plain(type.slice(1), kind.slice(1), value);
  if (kind.startsWith('[]')) {
    // On their way through protobuf empty lists and maps become nil.
    if (!Array.isArray(value) || value.length === 0) return '<nil>';
    return `[${value.map((v) => plain(type.slice(2), kind.slice(2), v)).join(' ')}]`;
  }
  if (kind.startsWith('{}')) {
    const entries = Object.entries((value ?? {}) as Record<string, unknown>);
    if (entries.length === 0) return '<nil>';
    const element = mapElement(type);
    const sorted = entries.sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    return `map[${sorted.map(([k, v]) => `${k}:${plain(element, kind.slice(2), v)}`).join(' ')}]`;
  }
  if (type === 'resource.Quantity') return quantity(String(value ?? '0'));
  if (type === 'intstr.IntOrString') return intOrString(value as number | string | undefined);
  if (type === 'v1.Time') return '{Time:(time.Time){wall:(uint64)0 ext:(int64)0 loc:(*time.Location)<nil>}}';
  if (kind === 'S') return struct(type, value);
  if (kind === 's') return String(value ?? '');
  if (kind === 'b') return String(value ?? false);
  return String(value ?? 0);
}

/** Named map types don't show what is in them. */
const namedMaps: Readonly<Record<string, string>> = { 'v1.ResourceList': 'resource.Quantity' };

function mapElement(type: string): string {
  return namedMaps[type] ?? type.replace(/^map\[[^\]]*\]/, '');
}

function intOrString(value: number | string | undefined): string {
  const text = typeof value === 'string';
  return `{Type:(intstr.Type)${text ? 1 : 0} IntVal:(int32)${text ? 0 : (value ?? 0)} StrVal:(string)${text ? value : ''}}`;
}

const decimalExponents: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  '': 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const binarySuffixes = ['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];

/**
 * A Quantity (canonical, as the server stores it) as its parser leaves it in memory: small numbers as value and scale,
 * large ones as a decimal; the text is kept only where the parser sees that it is canonical.
 */
function quantity(text: string): string {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:e(-?\d+)|([a-zA-Z]*))$/.exec(text);
  if (text === '0' || !match) return printed(0n, 0, text === '0' ? '0' : '', 'DecimalSI');
  const [, sign = '', whole = '', fraction = '', exponentText, suffix = ''] = match;
  const num = whole.replace(/^0+(?=\d)/, '');
  const binary = binarySuffixes.indexOf(suffix);
  const format = binary >= 0 ? 'BinarySI' : exponentText !== undefined ? 'DecimalExponent' : 'DecimalSI';
  const shifted = num + fraction;
  const signed = (value: bigint) => (sign === '-' ? -value : value);
  if (binary >= 0) {
    const exponent = 10 * (binary + 1);
    const value = BigInt(num) << BigInt(exponent);
    const precision = 15 - num.length - Math.floor((exponent * 3) / 10) - 1;
    if (fraction !== '' || precision < 0) return decimal(signed(value), format);
    return printed(signed(value), 0, (BigInt(num) & 7n) !== 0n ? text : '', format);
  }
  const scale = (exponentText === undefined ? (decimalExponents[suffix] ?? 0) : Number(exponentText)) - fraction.length;
  if (shifted.length > 18 || scale < -9) {
    return decimal(
      signed(scale >= 0 ? BigInt(shifted) * 10n ** BigInt(scale) : BigInt(shifted) / 10n ** BigInt(-scale)),
      format,
    );
  }
  const canonical = scale % 3 === 0 && !shifted.endsWith('000') && shifted[0] !== '0';
  return printed(signed(BigInt(shifted)), scale, canonical ? text : '', format);
}

function printed(value: bigint, scale: number, text: string, format: string): string {
  return `{i:(resource.int64Amount){value:(int64)${value} scale:(resource.Scale)${scale}} d:(resource.infDecAmount){Dec:(*inf.Dec)<nil>} s:(string)${text} Format:(resource.Format)${format}}`;
}

/** Beyond what fits: a decimal with nine places, its digits in words of 64 bits. */
function decimal(value: bigint, format: string): string {
  const words: bigint[] = [];
  for (let rest = (value < 0n ? -value : value) * 1_000_000_000n; rest > 0n; rest >>= 64n)
    words.push(rest & ((1n << 64n) - 1n));
  return `{i:(resource.int64Amount){value:(int64)0 scale:(resource.Scale)0} d:(resource.infDecAmount){Dec:(*inf.Dec){unscaled:(big.Int){neg:(bool)${value < 0n} abs:(big.nat)[${words.join(' ')}]} scale:(inf.Scale)9}} s:(string) Format:(resource.Format)${format}}`;
}

interface Field {
  name: string;
  json: string;
  type: string;
  kind: string;
}

const layouts = new Map<string, Field[]>();

function layout(type: string): Field[] {
  let fields = layouts.get(type);
  if (!fields) {
    const text = structs[type];
    if (text === undefined) throw new Error(`no layout of ${type}`);
    fields = (text === '' ? [] : text.split('; ')).map((field) => {
      const [name = '', json = '', ...rest] = field.split(' ');
      const kind = rest.pop() ?? '';
      return { name, json, type: rest.join(' '), kind };
    });
    layouts.set(type, fields);
  }
  return fields;
}
