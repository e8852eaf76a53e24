/** cel-go's optional values. */
import type { Definitions } from '../functions.ts';
import { fail } from '../functions.ts';
import { CelList, CelMap, Duration, noSuchOverload, Optional, Timestamp, Uint } from '../values.ts';

function isZero(value: unknown): boolean {
  if (value === null || value === false || value === 0 || value === 0n || value === '') return true;
  if (value instanceof CelList || value instanceof CelMap) return value.size === 0;
  if (value instanceof Uint) return value.value === 0n;
  if (value instanceof Duration || value instanceof Timestamp) return value.ns === 0n;
  return value instanceof Uint8Array && value.length === 0;
}

export const optionalLibrary: Definitions = {
  optional_of: ['optional.of(A) -> optional(A)', (value: unknown) => new Optional(value)],
  optional_ofNonZeroValue: [
    'optional.ofNonZeroValue(A) -> optional(A)',
    (value: unknown) => (isZero(value) ? Optional.none : new Optional(value)),
  ],
  optional_none: ['optional.none() -> optional(A)', () => Optional.none],
  optional_value: [
    'optional(A).value() -> A',
    (optional: Optional) => (optional.hasValue ? optional.value : fail('optional.none() dereference')),
  ],
  optional_hasValue: ['optional(A).hasValue() -> bool', (optional: Optional) => optional.hasValue],
  optional_or_optional: [
    'optional(A).or(optional(A)) -> optional(A)',
    (optional: Optional, other: Optional) => (optional.hasValue ? optional : other),
  ],
  optional_orValue_value: [
    'optional(A).orValue(A) -> A',
    (optional: Optional, other: unknown) => (optional.hasValue ? optional.value : other),
  ],
  list_optindex_optional_int: ['_[?_](list(A), int) -> optional(A)', noSuchOverload],
  optional_list_optindex_optional_int: ['_[?_](optional(list(A)), int) -> optional(A)', noSuchOverload],
  map_optindex_optional_value: ['_[?_](map(A, B), A) -> optional(B)', noSuchOverload],
  optional_map_optindex_optional_value: ['_[?_](optional(map(A, B)), A) -> optional(B)', noSuchOverload],
  optional_list_index_int: ['_[_](optional(list(A)), int) -> optional(A)', noSuchOverload],
  optional_map_index_value: ['_[_](optional(map(A, B)), A) -> optional(B)', noSuchOverload],
};
