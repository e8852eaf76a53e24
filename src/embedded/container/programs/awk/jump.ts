import type { Value } from './values.ts';

/** A statement that leaves others, on its way to whom it concerns. */
export class Jump extends Error {
  readonly kind: 'next' | 'nextfile' | 'exit' | 'break' | 'continue' | 'return';
  readonly value: Value;

  constructor(kind: Jump['kind'], value: Value = '') {
    super(kind);
    this.kind = kind;
    this.value = value;
  }
}
