/** The macros of CEL: calls that stand for other expressions. */
import type { Comprehension, Expr, MapExpr } from './ast.ts';
import type { Nodes } from './nodes.ts';

/** The name of the accumulator in expanded macros; no user can write it. */
export const accumulator = '@result';

/** What a call stands for; undefined if it is an ordinary one. @param at of its opening bracket */
export function expandMacro(
  nodes: Nodes,
  at: number,
  name: string,
  target: Expr | undefined,
  args: readonly Expr[],
): Expr | undefined {
  return new Expansion(nodes).expand(at, name, target, args);
}

class Expansion {
  readonly #nodes: Nodes;

  constructor(nodes: Nodes) {
    this.#nodes = nodes;
  }

  /** Undefined: it is an ordinary call. */
  expand(at: number, name: string, target: Expr | undefined, args: readonly Expr[]): Expr | undefined {
    if (!target) return name === 'has' && args.length === 1 ? this.#has(at, args[0] as Expr) : undefined;
    const [first, second, third, fourth] = args;
    if (args.length === 2 && first && second) {
      switch (name) {
        case 'all':
        case 'exists':
        case 'exists_one':
        case 'existsOne':
          return this.#quantifier(at, name, target, [first], second);
        case 'map':
          return this.#collect(at, target, first, undefined, second);
        case 'filter':
          return this.#collect(at, target, first, second, first);
        case 'sortBy':
          return this.#sortBy(at, target, first, second);
        case 'optMap':
        case 'optFlatMap':
          return this.#optionalMap(at, name, target, first, second);
      }
    }
    if (args.length === 3 && first && second && third) {
      if (name === 'map') return this.#collect(at, target, first, second, third);
      if (['all', 'exists', 'existsOne'].includes(name))
        return this.#quantifier(at, name, target, [first, second], third);
      if (name === 'transformList') return this.#transformList(at, target, [first, second], undefined, third);
      if (name === 'transformMap') return this.#transformMap(at, target, [first, second], undefined, third);
    }
    if (args.length === 4 && first && second && third && fourth) {
      if (name === 'transformList') return this.#transformList(at, target, [first, second], third, fourth);
      if (name === 'transformMap') return this.#transformMap(at, target, [first, second], third, fourth);
    }
    return undefined;
  }

  #has(at: number, of: Expr): Expr {
    if (of.kind === 'select' && !of.test) return this.#nodes.select(at, of.operand, of.field, true);
    this.#nodes.issues.push({ at: of.at, message: 'invalid argument to has() macro' });
    return of;
  }

  #variable(of: Expr): string {
    if (of.kind === 'ident' && !of.name.startsWith('.')) return of.name;
    this.#nodes.issues.push({ at: of.at, message: 'argument must be a simple name' });
    return '';
  }

  #comprehension(
    at: number,
    range: Expr,
    variables: readonly Expr[],
    parts: Pick<Comprehension, 'init' | 'condition' | 'step' | 'result'>,
  ): Comprehension {
    const [first, second] = variables;
    return {
      kind: 'comprehension',
      id: this.#nodes.nextId(),
      at,
      range,
      variable: first ? this.#variable(first) : '#unused',
      second: second && this.#variable(second),
      accumulator,
      ...parts,
    };
  }

  #quantifier(at: number, name: string, range: Expr, variables: readonly Expr[], predicate: Expr): Expr {
    const accu = () => this.#nodes.ident(at, accumulator);
    const truth = (value: boolean) => this.#nodes.literal(at, 'bool', value);
    if (name === 'all') {
      return this.#comprehension(at, range, variables, {
        init: truth(true),
        condition: this.#nodes.call(at, '@not_strictly_false', undefined, [accu()]),
        step: this.#nodes.call(at, '_&&_', undefined, [accu(), predicate]),
        result: accu(),
      });
    }
    if (name === 'exists') {
      const none = this.#nodes.call(at, '!_', undefined, [accu()]);
      return this.#comprehension(at, range, variables, {
        init: truth(false),
        condition: this.#nodes.call(at, '@not_strictly_false', undefined, [none]),
        step: this.#nodes.call(at, '_||_', undefined, [accu(), predicate]),
        result: accu(),
      });
    }
    const one = () => this.#nodes.literal(at, 'int', 1n);
    const more = this.#nodes.call(at, '_+_', undefined, [accu(), one()]);
    return this.#comprehension(at, range, variables, {
      init: this.#nodes.literal(at, 'int', 0n),
      condition: truth(true),
      step: this.#nodes.call(at, '_?_:_', undefined, [predicate, more, accu()]),
      result: this.#nodes.call(at, '_==_', undefined, [accu(), one()]),
    });
  }

  /** map and filter. */
  #collect(at: number, range: Expr, variable: Expr, filter: Expr | undefined, item: Expr): Expr {
    return this.#gather(at, range, [variable], filter, () =>
      this.#nodes.call(at, '_+_', undefined, [
        this.#nodes.ident(at, accumulator),
        this.#nodes.listOf(at, [this.#copy(item)]),
      ]),
    );
  }

  #transformList(at: number, range: Expr, variables: readonly Expr[], filter: Expr | undefined, item: Expr): Expr {
    return this.#gather(at, range, variables, filter, () =>
      this.#nodes.call(at, '_+_', undefined, [this.#nodes.ident(at, accumulator), this.#nodes.listOf(at, [item])]),
    );
  }

  #gather(at: number, range: Expr, variables: readonly Expr[], filter: Expr | undefined, more: () => Expr): Expr {
    const step = more();
    return this.#comprehension(at, range, variables, {
      init: this.#nodes.listOf(at, []),
      condition: this.#nodes.literal(at, 'bool', true),
      step: filter
        ? this.#nodes.call(at, '_?_:_', undefined, [filter, step, this.#nodes.ident(at, accumulator)])
        : step,
      result: this.#nodes.ident(at, accumulator),
    });
  }

  #transformMap(at: number, range: Expr, variables: readonly Expr[], filter: Expr | undefined, value: Expr): Expr {
    const [key] = variables;
    const accu = () => this.#nodes.ident(at, accumulator);
    const step = this.#nodes.call(at, 'cel.@mapInsert', undefined, [accu(), this.#copy(key as Expr), value]);
    const empty: MapExpr = { kind: 'map', id: this.#nodes.nextId(), at, entries: [] };
    return this.#comprehension(at, range, variables, {
      init: empty,
      condition: this.#nodes.literal(at, 'bool', true),
      step: filter ? this.#nodes.call(at, '_?_:_', undefined, [filter, step, accu()]) : step,
      result: accu(),
    });
  }

  /** The variable of filter stands twice: each has a type of its own. */
  #copy(of: Expr): Expr {
    return of.kind === 'ident' ? this.#nodes.ident(of.at, of.name) : of;
  }

  /** Sorts by what an expression gives for each item. */
  #sortBy(at: number, list: Expr, variable: Expr, key: Expr): Expr {
    const input = () => this.#nodes.ident(at, '@__sortBy_input__');
    const keys = this.#collect(at, input(), variable, undefined, key);
    return this.#bind(at, input(), list, this.#nodes.call(at, '@sortByAssociatedKeys', input(), [keys]));
  }

  /** Gives a value a name. */
  #bind(at: number, variable: Expr, value: Expr, result: Expr): Expr {
    return {
      kind: 'comprehension',
      id: this.#nodes.nextId(),
      at,
      range: this.#nodes.listOf(at, []),
      variable: '#unused',
      second: undefined,
      accumulator: this.#variable(variable),
      init: value,
      condition: this.#nodes.literal(at, 'bool', false),
      step: this.#nodes.ident(at, this.#variable(variable)),
      result,
    };
  }

  #optionalMap(at: number, name: string, target: Expr, variable: Expr, mapped: Expr): Expr {
    const value = this.#nodes.call(at, 'value', target, []);
    const bound = this.#bind(at, variable, value, mapped);
    const result = name === 'optMap' ? this.#nodes.call(at, 'optional.of', undefined, [bound]) : bound;
    const none = this.#nodes.call(at, 'optional.none', undefined, []);
    return this.#nodes.call(at, '_?_:_', undefined, [
      this.#nodes.call(at, 'hasValue', this.#again(target), []),
      result,
      none,
    ]);
  }

  /** An expression that is evaluated twice. */
  #again(of: Expr): Expr {
    return { ...of, id: this.#nodes.nextId() };
  }
}
