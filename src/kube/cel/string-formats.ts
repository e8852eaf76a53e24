/** The string formats that CRD schemas check (kube-openapi's strfmt); all others mean nothing. */

import { isIP, isIPv4, isIPv6 } from 'node:net';
import { ownValue } from '../../kernel/own.ts';
import { matchesPattern } from './patterns.ts';

const letters = String.raw`a-zA-Z0-9\p{S}\p{L}`;
const hostname =
  `^([${letters}]((-?[${letters}]{0,62})?)|` +
  `([${letters}](([a-zA-Z0-9-\\p{S}\\p{L}]{0,61}[${letters}])?)(\\.)){1,}([a-zA-Z\\p{L}]){2,63})$`;

const uuid = (third: string, fourth: string) =>
  new RegExp(`^[0-9a-f]{8}-?[0-9a-f]{4}-?${third}-?${fourth}-?[0-9a-f]{12}$`, 'i');
const hex4 = '[0-9a-f]{4}';

function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

function isDateTime(text: string): boolean {
  const [day = '', time] = text.toLowerCase().split('t');
  if (text.length < 4 || time === undefined || !isDate(day)) return false;
  const parts = /^(\d{2}):(\d{2}):(\d{2})(.\d+)?(z|[+-]\d{2}:\d{2})$/.exec(time);
  return parts !== null && Number(parts[1]) <= 23 && Number(parts[2]) <= 59 && Number(parts[3]) <= 59;
}

const goDuration = /^[+-]?(\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)((\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h))*$/;
const units = ['ns', 'us', 'µs', 'ms', 's', 'm', 'h', 'hr', 'd', 'w', 'wk'];
const longUnits = ['nano', 'micro', 'milli', 'sec', 'min', 'hour', 'day', 'week'];

/** Go's durations, and those of Scala: `5 minutes`. */
function isDuration(text: string): boolean {
  if (text === '0' || goDuration.test(text)) return true;
  for (const [, unit = ''] of text.matchAll(/\d+\s*([A-Za-zµ]+)/g)) {
    const lower = unit.toLowerCase();
    if (units.includes(lower) || longUnits.some((long) => lower.startsWith(long))) return true;
  }
  return false;
}

/** Leading zeros are no octals here, as they were not in old versions of Go. */
const withoutZeros = (text: string) => text.replace(/(^|\.)0+(?=\d)/g, '$1');

function isCidr(text: string): boolean {
  const slash = text.lastIndexOf('/');
  const address = withoutZeros(text.slice(0, slash));
  const bits = text.slice(slash + 1);
  return slash > 0 && isIP(address) !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (isIPv4(address) ? 32 : 128);
}

function isMac(text: string): boolean {
  const [, separator] = /^[0-9a-f]{2}([:-])/i.exec(text) ?? [];
  if (separator) {
    const parts = text.split(separator);
    return [6, 8, 20].includes(parts.length) && parts.every((part) => /^[0-9a-f]{2}$/i.test(part));
  }
  const parts = text.split('.');
  return [3, 4, 10].includes(parts.length) && parts.every((part) => /^[0-9a-f]{4}$/i.test(part));
}

const isbnDigits = (text: string) => text.replace(/[\s-]+/g, '');

function isIsbn10(text: string): boolean {
  const digits = isbnDigits(text);
  if (!/^\d{9}[\dX]$/.test(digits)) return false;
  return [...digits].reduce((sum, d, i) => sum + (i + 1) * (d === 'X' ? 10 : Number(d)), 0) % 11 === 0;
}

function isIsbn13(text: string): boolean {
  const digits = isbnDigits(text);
  if (!/^\d{13}$/.test(digits)) return false;
  return [...digits].reduce((sum, d, i) => sum + Number(d) * (i % 2 === 0 ? 1 : 3), 0) % 10 === 0;
}

const cards =
  /^(?:4\d{12}(?:\d{3})?|5[1-5]\d{14}|6(?:011|5\d\d)\d{12}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|(?:2131|1800|35\d{3})\d{11})$/;

function isCreditCard(text: string): boolean {
  const digits = text.replace(/[^0-9]+/g, '');
  if (!cards.test(digits)) return false;
  const sum = [...digits].reverse().reduce((total, d, i) => {
    const value = Number(d) * (i % 2 === 0 ? 1 : 2);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return sum % 10 === 0;
}

const colour = String.raw`\s*(0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*`;
const rgb = new RegExp(`^rgb\\(${colour},${colour},${colour}\\)$`);
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/;

/** A request URI: absolute, or a path. */
function isUri(text: string): boolean {
  if (text === '' || /[\u0000-\u0020\u007f]/.test(text) || /%(?![0-9a-fA-F]{2})/.test(text)) return false;
  return text === '*' || text.startsWith('/') || /^[a-zA-Z][a-zA-Z0-9+.-]*:./.test(text);
}

const address = String.raw`[a-zA-Z0-9!#$%&'*+/=?^_\u0060{|}~\u0080-\uffff-]+(\.[a-zA-Z0-9!#$%&'*+/=?^_\u0060{|}~\u0080-\uffff-]+)*`;
const mailbox = new RegExp(`^\\s*(${address}@${address}|[^<>@]*<${address}@${address}>)\\s*$`);

/** By name without dashes: `date-time` and `datetime` are one. */
const checks: Readonly<Record<string, (text: string) => boolean>> = {
  bsonobjectid: (text) => /^[0-9a-f]{24}$/i.test(text),
  uri: isUri,
  email: (text) => mailbox.test(text),
  hostname: (text) =>
    Buffer.byteLength(text) <= 255 &&
    text.split('.').every((part) => Buffer.byteLength(part) <= 63) &&
    matchesPattern(hostname, text),
  ipv4: (text) => isIP(withoutZeros(text)) !== 0 && text.includes('.'),
  ipv6: (text) => isIPv6(text),
  cidr: isCidr,
  mac: isMac,
  uuid: (text) => uuid(hex4, hex4).test(text),
  uuid3: (text) => uuid('3[0-9a-f]{3}', hex4).test(text),
  uuid4: (text) => uuid('4[0-9a-f]{3}', '[89ab][0-9a-f]{3}').test(text),
  uuid5: (text) => uuid('5[0-9a-f]{3}', '[89ab][0-9a-f]{3}').test(text),
  isbn: (text) => isIsbn10(text) || isIsbn13(text),
  isbn10: isIsbn10,
  isbn13: isIsbn13,
  creditcard: isCreditCard,
  ssn: (text) => text.length === 11 && /^\d{3}[- ]?\d{2}[- ]?\d{4}$/.test(text),
  hexcolor: (text) => /^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/.test(text),
  rgbcolor: (text) => rgb.test(text),
  byte: (text) => base64.test(text),
  password: () => true,
  date: isDate,
  duration: isDuration,
  datetime: isDateTime,
  k8sshortname: (text) => text.length <= 63 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(text),
  k8slongname: (text) =>
    text.length <= 253 && text.split('.').every((part) => /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(part)),
};

/** The check of a format; undefined if v1.35 does not know it. */
export function formatCheck(format: string | undefined): ((text: string) => boolean) | undefined {
  const name = (format ?? '').replaceAll('-', '');
  return ownValue(checks, name);
}
