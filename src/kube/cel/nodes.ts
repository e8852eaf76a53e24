/** Makes the nodes of an expression, each with a number of its own. */
import type { Call, Expr, Ident, Issue, ListExpr, Literal, Select } from './ast.ts';

export class Nodes {
  readonly issues: Issue[];
  #ids = 0;

  constructor(issues: Issue[]) {
    this.issues = issues;
  }

  nextId(): number {
    return ++this.#ids;
  }

  literal(at: number, of: Literal['of'], value: unknown): Literal {
    return { kind: 'literal', id: this.nextId(), at, of, value };
  }

  ident(at: number, name: string): Ident {
    return { kind: 'ident', id: this.nextId(), at, name };
  }

  select(at: number, operand: Expr, field: string, test: boolean): Select {
    return { kind: 'select', id: this.nextId(), at, operand, field, test };
  }

  call(at: number, name: string, target: Expr | undefined, args: readonly Expr[]): Call {
    return { kind: 'call', id: this.nextId(), at, name, target, args };
  }

  listOf(at: number, items: readonly Expr[], optional: ReadonlySet<number> = new Set()): ListExpr {
    return { kind: 'list', id: this.nextId(), at, items, optional };
  }
}
