/** `semver('1.2.3')`, and what can be asked of it (semver.org, as blang/semver reads it). */
import type { Definitions } from '../functions.ts';
import { fail } from '../functions.ts';
import { Opaque } from '../values.ts';

type Identifier = bigint | string;

class Version extends Opaque {
  readonly typeName = 'kubernetes.Semver';
  readonly numbers: readonly bigint[];
  readonly pre: readonly Identifier[];

  constructor(numbers: readonly bigint[], pre: readonly Identifier[]) {
    super();
    this.numbers = numbers;
    this.pre = pre;
  }

  equals(other: Opaque): boolean {
    return other instanceof Version && order(this, other) === 0n;
  }
}

const parts = ['Major', 'Minor', 'Patch'];

/** The version, or why the text is none. */
function read(text: string): Version | string {
  if (text === '') return 'Version string empty';
  const [, numeric = '', pre, build] = /^([^+-]*)(?:-([^+]*))?(?:\+(.*))?$/s.exec(text) ?? [];
  const numbers = numeric.split('.');
  if (numbers.length !== 3) return 'No Major.Minor.Patch elements found';
  for (const [i, number] of numbers.entries()) {
    if (!/^\d+$/.test(number))
      return `Invalid character(s) found in ${parts[i]?.toLowerCase()} number ${JSON.stringify(number)}`;
    if (/^0\d/.test(number)) return `${parts[i]} number must not contain leading zeroes ${JSON.stringify(number)}`;
  }
  const identifiers: Identifier[] = [];
  for (const one of pre?.split('.') ?? []) {
    if (one === '') return 'Prerelease is empty';
    if (/^\d+$/.test(one)) {
      if (/^0\d/.test(one)) return `Numeric PreRelease version must not contain leading zeroes ${JSON.stringify(one)}`;
      identifiers.push(BigInt(one));
    } else if (/^[0-9A-Za-z-]+$/.test(one)) identifiers.push(one);
    else return `Invalid character(s) found in prerelease ${JSON.stringify(one)}`;
  }
  for (const one of build?.split('.') ?? []) {
    if (one === '') return 'Build meta data is empty';
    if (!/^[0-9A-Za-z-]+$/.test(one)) return `Invalid character(s) found in build meta data ${JSON.stringify(one)}`;
  }
  return new Version(numbers.map(BigInt), identifiers);
}

/** `v1.02` becomes 1.2.0. */
function normalized(text: string): Version | string {
  const [major = '', minor, ...rest] = text.replace(/^v/, '').split('.');
  const given = [major, ...(minor === undefined ? [] : [minor]), ...(rest.length === 0 ? [] : [rest.join('.')])];
  const bare = given.map((part) => part.replace(/^0+(?=\d)/, ''));
  if (bare.length < 3 && /[+-]/.test(bare.at(-1) ?? ''))
    return 'short version cannot contain PreRelease/Build meta data';
  while (bare.length < 3) bare.push('0');
  return read(bare.join('.'));
}

function orderOf(a: Identifier | undefined, b: Identifier | undefined): bigint {
  if (a === b) return 0n;
  if (a === undefined || b === undefined) return a === undefined ? -1n : 1n;
  if (typeof a !== typeof b) return typeof a === 'bigint' ? -1n : 1n;
  return a < b ? -1n : 1n;
}

function order(a: Version, b: Version): bigint {
  for (const [i, number] of a.numbers.entries()) {
    const found = orderOf(number, b.numbers[i]);
    if (found !== 0n) return found;
  }
  if (a.pre.length === 0 || b.pre.length === 0) return BigInt(Math.sign(b.pre.length - a.pre.length));
  for (let i = 0; i < Math.max(a.pre.length, b.pre.length); i++) {
    const found = orderOf(a.pre[i], b.pre[i]);
    if (found !== 0n) return found;
  }
  return 0n;
}

const orFail = (version: Version | string) => (typeof version === 'string' ? fail(version) : version);
const parsed = (text: string, normalize = false) => (normalize ? normalized(text) : read(text));

export const versionLibrary: Definitions = {
  string_to_semver: ['semver(string) -> Semver', (text: string) => orFail(parsed(text))],
  string_bool_to_semver: [
    'semver(string, bool) -> Semver',
    (text: string, normalize: boolean) => orFail(parsed(text, normalize)),
  ],
  is_semver_string: ['isSemver(string) -> bool', (text: string) => parsed(text) instanceof Version],
  is_semver_string_bool: [
    'isSemver(string, bool) -> bool',
    (text: string, normalize: boolean) => parsed(text, normalize) instanceof Version,
  ],
  semver_is_greater_than: ['Semver.isGreaterThan(Semver) -> bool', (a: Version, b: Version) => order(a, b) === 1n],
  semver_is_less_than: ['Semver.isLessThan(Semver) -> bool', (a: Version, b: Version) => order(a, b) === -1n],
  semver_compare_to: ['Semver.compareTo(Semver) -> int', order],
  semver_major: ['Semver.major() -> int', ({ numbers }: Version) => numbers[0] ?? 0n],
  semver_minor: ['Semver.minor() -> int', ({ numbers }: Version) => numbers[1] ?? 0n],
  semver_patch: ['Semver.patch() -> int', ({ numbers }: Version) => numbers[2] ?? 0n],
};
