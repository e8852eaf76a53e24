import { work } from '../kernel/work.ts';

/** The formats of printf(1), and the escapes of echo -e. */

const simple: Record<string, string> = {
  a: '\x07',
  b: '\b',
  e: '\x1b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
  "'": "'",
};

/** Interprets backslash escapes; `stopped`: a `\c` ended the output. `zeroOctal`: octal numbers are `\0nnn` (echo, %b). */
export function unescapeText(text: string, zeroOctal: boolean): { text: string; stopped: boolean } {
  let out = '';
  for (let i = 0; i < text.length; i++) {
    if (text[i] !== '\\' || i + 1 >= text.length) {
      out += text[i];
      continue;
    }
    const rest = text.slice(i + 1);
    const c = rest[0] ?? '';
    if (c === 'c') return { text: out, stopped: true };
    const octal = (zeroOctal ? /^0([0-7]{0,3})/ : /^([0-7]{1,3})/).exec(rest);
    const hex = /^x([0-9a-fA-F]{1,2})/.exec(rest);
    const unicode = /^u([0-9a-fA-F]{1,4})/.exec(rest);
    const coded = octal ?? hex ?? unicode;
    if (coded) {
      out += String.fromCodePoint(Number.parseInt(coded[1] || '0', octal ? 8 : 16) & (unicode ? 0xffff : 0xff));
      i += coded[0].length;
    } else if (c in simple && !(zeroOctal && (c === '"' || c === "'"))) {
      out += simple[c];
      i++;
    } else out += '\\';
  }
  return { text: out, stopped: false };
}

/** Formats as printf(1): the format is used again while arguments are left. `errors` are arguments that are no numbers. */
export function formatPrintf(format: string, args: readonly string[]): { text: string; errors: string[] } {
  const errors: string[] = [];
  let out = '';
  let used = 0;
  do {
    const before = used;
    let stopped = false;
    const take = () => args[used++];
    for (let i = 0; i < format.length && !stopped; ) {
      const c = format[i] ?? '';
      if (c === '\\') {
        const piece =
          /^\\(?:x[0-9a-fA-F]{1,2}|u[0-9a-fA-F]{1,4}|[0-7]{1,3}|[\s\S])?/.exec(format.slice(i))?.[0] ?? '\\';
        const result = unescapeText(piece, false);
        out += result.text;
        stopped = result.stopped;
        i += piece.length;
        continue;
      }
      if (c !== '%') {
        out += c;
        i++;
        continue;
      }
      const spec = /^%([-+ 0#']*)(\*|\d+)?(?:\.(\*|\d+)?)?([hlLqjzt]*)([a-zA-Z%])/.exec(format.slice(i));
      if (!spec) {
        errors.push(`%${format.slice(i + 1, i + 2)}: invalid format`);
        return { text: out, errors };
      }
      i += spec[0].length;
      const [whole, flags = '', widthText, precisionText, , kind = ''] = spec;
      if (kind === '%') {
        out += '%';
        continue;
      }
      let width = widthText === '*' ? Number(take() ?? 0) : Number(widthText ?? 0);
      const left = flags.includes('-') || width < 0;
      width = Math.abs(width);
      work(width);
      const hasPrecision = whole.includes('.');
      const precision = hasPrecision
        ? precisionText === '*'
          ? Number(take() ?? 0)
          : Number(precisionText ?? 0)
        : undefined;
      const converted = convert(kind, flags, precision, take, errors);
      if (converted === undefined) {
        errors.push(`%${kind}: invalid directive`);
        return { text: out, errors };
      }
      stopped = converted.stopped;
      const zero = flags.includes('0') && !left && converted.numeric && (precision === undefined || !converted.integer);
      out += pad(converted.text, width, left, zero);
    }
    if (stopped) break;
    if (used === before) break;
  } while (used < args.length && out.length < 1 << 22);
  return { text: out, errors };
}

interface Converted {
  text: string;
  numeric: boolean;
  integer: boolean;
  stopped: boolean;
}

function convert(
  kind: string,
  flags: string,
  precision: number | undefined,
  take: () => string | undefined,
  errors: string[],
): Converted | undefined {
  const plain = (text: string, stopped = false) => ({ text, numeric: false, integer: false, stopped });
  const sign = (negative: boolean) => (negative ? '-' : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '');
  switch (kind) {
    case 's': {
      const text = take() ?? '';
      return plain(precision === undefined ? text : text.slice(0, precision));
    }
    case 'b': {
      const { text, stopped } = unescapeText(take() ?? '', true);
      return plain(text, stopped);
    }
    case 'q': {
      const text = take() ?? '';
      return plain(/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
    }
    case 'c':
      return plain([...(take() ?? '')][0] ?? '');
    case 'd':
    case 'i':
    case 'u':
    case 'o':
    case 'x':
    case 'X': {
      let value = integerArgument(take(), errors);
      if (kind !== 'd' && kind !== 'i' && value < 0n) value = BigInt.asUintN(64, value);
      const base = kind === 'o' ? 8 : kind === 'x' || kind === 'X' ? 16 : 10;
      work(precision ?? 0);
      let digits = (value < 0n ? -value : value).toString(base).padStart(precision ?? 1, '0');
      if (flags.includes('#') && value !== 0n) digits = (base === 8 ? '0' : base === 16 ? '0x' : '') + digits;
      if (kind === 'X') digits = digits.toUpperCase();
      return { text: sign(value < 0n) + digits, numeric: true, integer: true, stopped: false };
    }
    case 'f':
    case 'F':
    case 'e':
    case 'E':
    case 'g':
    case 'G': {
      const value = floatArgument(take(), errors);
      const magnitude = formatFloat(Math.abs(value), kind, precision ?? 6, flags.includes('#'));
      return { text: sign(value < 0) + magnitude, numeric: true, integer: false, stopped: false };
    }
    default:
      return undefined;
  }
}

function integerArgument(text: string | undefined, errors: string[]): bigint {
  if (text === undefined || text === '') return 0n;
  if (text[0] === '"' || text[0] === "'") return BigInt(text.codePointAt(1) ?? 0);
  const match = /^\s*([-+]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9]\d*)/.exec(text);
  if (!match || match[0].length !== text.trimEnd().length) errors.push(`${text}: invalid number`);
  if (!match) return 0n;
  const digits = match[2] ?? '0';
  const value = BigInt(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits);
  return match[1] === '-' ? -value : value;
}

function floatArgument(text: string | undefined, errors: string[]): number {
  if (text === undefined || text === '') return 0;
  const match = /^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?/.exec(text);
  if (!match || match[0].length !== text.length) errors.push(`${text}: invalid number`);
  return match ? Number(match[0]) : 0;
}

/** A number as C's %e, %f, %g; `value` is not negative. */
export function formatFloat(value: number, kind: string, precision: number, alternate = false): string {
  const lower = kind.toLowerCase();
  const digits = Math.min(precision, 100);
  const exponent = (n: number, p: number) => n.toExponential(p).replace(/e([+-])(\d)$/, 'e$10$2');
  let text: string;
  if (lower === 'f') text = value.toFixed(digits);
  else if (lower === 'e') text = exponent(value, digits);
  else {
    const p = digits === 0 ? 1 : digits;
    const e = value === 0 ? 0 : Number(value.toExponential(p - 1).split('e')[1]);
    text = e < -4 || e >= p ? exponent(value, p - 1) : value.toFixed(Math.max(0, p - 1 - e));
    if (!alternate && text.includes('.')) text = text.replace(/\.?0+(e|$)/, '$1');
  }
  return kind === lower ? text : text.toUpperCase();
}

function pad(text: string, width: number, left: boolean, zero: boolean): string {
  const missing = width - [...text].length;
  if (missing <= 0) return text;
  if (left) return text + ' '.repeat(missing);
  if (!zero) return ' '.repeat(missing) + text;
  const sign = /^[-+ ]/.exec(text)?.[0] ?? '';
  return sign + '0'.repeat(missing) + text.slice(sign.length);
}
