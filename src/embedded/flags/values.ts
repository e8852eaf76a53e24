/** What a value of a flag may be, and what Go says of one that it can't be. The texts are those of the real programs. */
import { isIPv4, isIPv6 } from 'node:net';

const quote = JSON.stringify;
const syntax = (parser: string, text: string) => `strconv.${parser}: parsing ${quote(text)}: invalid syntax`;
const range = (parser: string, text: string) => `strconv.${parser}: parsing ${quote(text)}: value out of range`;

const isIP = (text: string) => isIPv4(text) || isIPv6(text);
const bools = ['1', 't', 'T', 'TRUE', 'true', 'True', '0', 'f', 'F', 'FALSE', 'false', 'False'];

/** A boolean as strconv.ParseBool reads it; undefined: none. */
export function parseBool(text: string): boolean | undefined {
  const at = bools.indexOf(text);
  return at < 0 ? undefined : at < bools.length / 2;
}

function integer(parser: 'ParseInt' | 'ParseUint', bits: number): (text: string) => string | undefined {
  const signed = parser === 'ParseInt';
  const least = signed ? -(2n ** BigInt(bits - 1)) : 0n;
  const most = 2n ** BigInt(signed ? bits - 1 : bits) - 1n;
  return (text) => {
    const [, sign = '', digits = ''] =
      /^([+-]?)(0[xX][\da-fA-F]+|0[oO]?[0-7]+|0[bB][01]+|[1-9]\d*|0)$/.exec(text) ?? [];
    if (digits === '' || (!signed && sign !== '')) return syntax(parser, text);
    const plain = /^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits;
    const value = BigInt(plain) * (sign === '-' ? -1n : 1n);
    return value < least || value > most ? range(parser, text) : undefined;
  };
}

function float(text: string): string | undefined {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$|^[+-]?(inf|infinity)$|^nan$/i.test(text)
    ? undefined
    : syntax('ParseFloat', text);
}

const units = ['ns', 'us', 'µs', 'μs', 'ms', 's', 'm', 'h'];

/** As time.ParseDuration. */
function duration(text: string): string | undefined {
  const invalid = `time: invalid duration ${quote(text)}`;
  let rest = text.replace(/^[+-]/, '');
  if (rest === '0') return undefined;
  if (rest === '') return invalid;
  while (rest !== '') {
    const number = /^(\d+\.?\d*|\.\d+)/.exec(rest)?.[0];
    if (number === undefined) return invalid;
    rest = rest.slice(number.length);
    const unit = /^[^.\d]*/.exec(rest)?.[0] ?? '';
    if (unit === '') return `time: missing unit in duration ${quote(text)}`;
    if (!units.includes(unit)) return `time: unknown unit ${quote(unit)} in duration ${quote(text)}`;
    rest = rest.slice(unit.length);
  }
  return undefined;
}

/** `key=value,...`: each item needs the separator. */
function pairs(separator: string, expected: string, value?: (key: string, text: string) => string | undefined) {
  return (text: string) => {
    for (const item of text.split(',').filter(Boolean)) {
      const cut = item.indexOf(separator);
      if (cut < 0) return `malformed pair, expect ${expected}`;
      const fault = value?.(item.slice(0, cut).trim(), item.slice(cut + 1).trim());
      if (fault !== undefined) return fault;
    }
    return undefined;
  };
}

const boolPair = (key: string, text: string) =>
  parseBool(text) === undefined ? `invalid value of ${key}: ${text}, err: ${syntax('ParseBool', text)}` : undefined;

function portRange(text: string): string | undefined {
  const value = text.trim();
  if (value === '') return undefined;
  const [, first = value, sign, second = ''] = /^([^-+]*)([-+])(.*)$/.exec(value) ?? [];
  for (const part of sign ? [first, second] : [first]) if (!/^[+-]?\d+$/.test(part)) return syntax('Atoi', part);
  const low = Number(first);
  const high = sign === '-' ? Number(second) : sign === '+' ? Math.min(low + Number(second), 65_535) : low;
  if (low > 65_535 || high > 65_535) return `the port range cannot be greater than 65535: ${value}`;
  if (high < low) return `end port cannot be less than start port: ${value}`;
  return undefined;
}

function addressWithPort(text: string): string | undefined {
  if (text === '' || isIP(text)) return undefined;
  const [, host = '', port] = /^\[?([^\]]*?)\]?:([^:]*)$/.exec(text) ?? [];
  if (port === undefined) {
    return `${quote(text)} is not in a valid format (ip or ip:port): address ${text}: missing port in address`;
  }
  if (host !== '' && !isIP(host)) return `${quote(host)} is not a valid IP address`;
  return /^\d+$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535
    ? undefined
    : `${quote(port)} is not a valid number`;
}

const quantityPattern = '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$';

const types: Readonly<Record<string, (text: string) => string | undefined>> = {
  bool: (text) => (parseBool(text) === undefined ? syntax('ParseBool', text) : undefined),
  version: (text) =>
    text === 'raw' || /^v\d/.test(text) || parseBool(text) !== undefined ? undefined : syntax('ParseBool', text),
  RuntimeDefault: (text) => (parseBool(text) === undefined ? syntax('ParseBool', text) : undefined),
  int: integer('ParseInt', 64),
  int32: integer('ParseInt', 32),
  uint: integer('ParseUint', 64),
  Level: integer('ParseUint', 32),
  float,
  float32: float,
  duration,
  ip: (text) => (text.trim() === '' || isIP(text.trim()) ? undefined : `failed to parse IP: ${quote(text)}`),
  ipVar: (text) => (text === '' || isIP(text) ? undefined : `${quote(text)} is not a valid IP address`),
  ipport: addressWithPort,
  portRange,
  quantity: (text) =>
    new RegExp(quantityPattern).test(text)
      ? undefined
      : `quantities must match the regular expression '${quantityPattern}'`,
  mapStringString: pairs('=', 'string=string'),
  mapStringBool: pairs('=', 'string=bool', boolPair),
  langleSeparatedMapStringString: pairs('<', 'string<string'),
  colonSeparatedMultimapStringString: pairs(':', 'string:string'),
  stringToString: (text) => {
    const wrong = text.split(',').find((item) => text !== '' && !item.includes('='));
    return wrong === undefined ? undefined : `${wrong} must be formatted as key=value`;
  },
  namedCertKey: (text) =>
    text.split(':')[0]?.split(',').length === 2 ? undefined : 'expected comma separated certificate and key file paths',
  vmodule: (text) => {
    const wrong = text.split(',').find((item) => item !== '' && !/^[^=]+=[^=]+$/.test(item));
    return wrong === undefined ? undefined : `${quote(wrong)} does not have the pattern=N format`;
  },
  'reserved-memory': (text) =>
    text === '' || /^\d+:[^=]+=[^=]+/.test(text)
      ? undefined
      : `the reserved memory has incorrect format, expected numaNodeID:type=quantity[,type=quantity...], got ${text}`,
  '[]v1.Taint': (text) =>
    text === '' || /^[\w./-]+(=[\w.-]*)?:(NoSchedule|PreferNoSchedule|NoExecute)$/.test(text.split(',')[0] ?? '')
      ? undefined
      : `invalid taint spec: ${text}`,
};

/** Why a value can't be of that type; undefined: it can. Types that take any text are known by not being known. */
export function faultOfValue(type: string, text: string): string | undefined {
  return types[type]?.(text);
}
