import { mayRepeat } from './directives.ts';
import { configError, type Directive } from './parse.ts';

/** The directives of one block, and through its parents what it inherits. */
export class Scope {
  readonly kind: string;
  readonly directives: readonly Directive[];
  readonly parent: Scope | undefined;
  readonly #byName = new Map<string, Directive[]>();

  /** Throws ConfigError where a directive stands twice that may not. */
  constructor(kind: string, directives: readonly Directive[], parent?: Scope) {
    this.kind = kind;
    this.directives = directives;
    this.parent = parent;
    for (const directive of directives) {
      const same = this.#byName.get(directive.name);
      if (!same) this.#byName.set(directive.name, [directive]);
      else if (mayRepeat(directive.name)) same.push(directive);
      else throw configError(`"${directive.name}" directive is duplicate`, directive);
    }
  }

  /** Those of this block alone, in their order. */
  own(name: string): readonly Directive[] {
    return this.#byName.get(name) ?? [];
  }

  /** Those of the nearest block that has any: what nginx inherits, it inherits as a whole. */
  all(name: string): readonly Directive[] {
    const own = this.own(name);
    return own.length > 0 || !this.parent ? own : this.parent.all(name);
  }

  /** The arguments of the one in force. */
  args(name: string): readonly string[] | undefined {
    return this.all(name)[0]?.args;
  }

  value(name: string): string | undefined {
    return this.args(name)?.[0];
  }

  flag(name: string, otherwise: boolean): boolean {
    const value = this.value(name)?.toLowerCase();
    return value === undefined ? otherwise : value === 'on';
  }

  /** A handler (proxy_pass, stub_status): an `if` has that of its location, a location not that of the one around it. */
  handler(name: string): Directive | undefined {
    const [own] = this.own(name);
    return own ?? (this.kind === 'if' ? this.parent?.handler(name) : undefined);
  }
}

/** `60`, `60s`, `5m`, `100ms`, `1h 30m`: in milliseconds. */
export function milliseconds(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const units: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
  let sum = 0;
  for (const [, n = '0', unit = 's'] of text.matchAll(/(\d+)(ms|[smhdw])?/g)) sum += Number(n) * (units[unit] ?? 1000);
  return sum;
}

/** `1m`, `8k`, `512`: in bytes. */
export function bytes(text: string): number {
  const [, n = '0', unit = ''] = /^(\d+)([kmg]?)$/i.exec(text) ?? [];
  return Number(n) * ({ k: 1024, m: 1024 ** 2, g: 1024 ** 3 }[unit.toLowerCase()] ?? 1);
}
