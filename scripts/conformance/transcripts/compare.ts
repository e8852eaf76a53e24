import { escapeRegex, type Line, normalise } from './normalise.ts';
import type { Step, Topic } from './topic.ts';

/** What a step did here. */
export interface Outcome {
  out: string;
  err: string;
  code: number;
}

/** Names of this cluster that stand for the recorded ones. */
export interface Here {
  nodes: readonly string[];
  server: string;
}

/** Undefined if equal, else a short text of the first difference. */
export function difference(step: Step, got: Outcome, recorded: Topic['recorded'], here: Here): string | undefined {
  if ((step.code ?? 0) !== got.code) {
    const said = got.err.trim() ? `; stderr: ${got.err.trim().slice(0, 300)}` : '';
    return `exit code ${step.code ?? 0} expected, got ${got.code}${said}`;
  }
  for (const [what, expected, actual] of [
    ['stdout', step.out ?? '', got.out],
    ['stderr', step.err ?? '', got.err],
  ] as const) {
    if (expected === actual) continue;
    const wanted = normalise(expected, step, recorded.nodes, recorded.server);
    const found = normalise(actual, step, here.nodes, here.server);
    const at = firstWithoutPartner(wanted, found);
    if (at === undefined) continue;
    const lines = `${what} line ${at + 1} of ${wanted.length}/${found.length}`;
    return `${lines}\n      - ${wanted[at]?.shape ?? '(end)'}\n      + ${found[at]?.shape ?? '(end)'}`;
  }
  return undefined;
}

const generatedKinds = new Set(['SFX', 'CRON', 'UID', 'IP', 'DIP']);
const isGenerated = ({ tokens }: Line) => tokens.some(([kind]) => generatedKinds.has(kind));

/** The index of the first wanted line without a partner. Lines with generated names may be in another order. */
function firstWithoutPartner(wanted: readonly Line[], found: readonly Line[]): number | undefined {
  if (wanted.length !== found.length) {
    let i = 0;
    while (i < Math.min(wanted.length, found.length) && sameShape(wanted[i]?.shape ?? '', found[i]?.shape ?? '')) i++;
    return i;
  }
  const names = new OneToOne();
  const used = new Set<number>();
  for (const [i, line] of wanted.entries()) {
    const partner = candidates(wanted, i).find((j) => !used.has(j) && names.take(line, found[j]));
    if (partner === undefined) return i;
    used.add(partner);
  }
  return undefined;
}

function candidates(wanted: readonly Line[], i: number): number[] {
  const generated = (at: number) => {
    const line = wanted[at];
    return line !== undefined && isGenerated(line);
  };
  if (!generated(i)) return [i];
  let [first, last] = [i, i];
  while (generated(first - 1)) first--;
  while (generated(last + 1)) last++;
  const others = Array.from({ length: last - first + 1 }, (_, k) => first + k).filter((j) => j !== i);
  return [i, ...others];
}

/** `<<*>>` stands for a rest that is not representative. */
function sameShape(wanted: string, found: string): boolean {
  if (!wanted.includes('<<*>>')) return wanted === found;
  return new RegExp(`^${wanted.split('<<*>>').map(escapeRegex).join('.+')}$`, 's').test(found);
}

/** Names of the recording and of here, mapped one to one within a text. */
class OneToOne {
  readonly #forth = new Map<string, string>();
  readonly #back = new Map<string, string>();

  /** Whether the lines are the same; what their names mean is kept if so. */
  take(wanted: Line, found: Line | undefined): boolean {
    if (!found || !sameShape(wanted.shape, found.shape)) return false;
    if (wanted.shape.includes('<<*>>')) return true;
    const forth = new Map<string, string>();
    const back = new Map<string, string>();
    for (const [i, [kind, x]] of wanted.tokens.entries()) {
      const y = found.tokens[i]?.[1] ?? '';
      const [from, to] = [`${kind} ${x}`, `${kind} ${y}`];
      if ((this.#forth.get(from) ?? forth.get(from) ?? y) !== y) return false;
      if ((this.#back.get(to) ?? back.get(to) ?? x) !== x) return false;
      forth.set(from, y);
      back.set(to, x);
    }
    for (const [from, y] of forth) this.#forth.set(from, y);
    for (const [to, x] of back) this.#back.set(to, x);
    return true;
  }
}
