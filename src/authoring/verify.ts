import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { periodOf } from '../checks/registry.ts';
import { UserError } from '../kernel/errors.ts';
import { ownValue } from '../kernel/own.ts';
import { loadScenario, scenarioIds } from '../scenario/load.ts';
import { defaultSeed } from '../scenario/seed-list.ts';
import type { TrustStore } from '../scenario/trust.ts';
import type { Pack, Scenario } from '../scenario/types.ts';
import type { ObjectChange } from './changes.ts';
import { type HintProof, hintProofs } from './hint-proofs.ts';
import { mutantsOf } from './mutants.ts';
import { type Proof, type ProofOutcome, type Prover, scriptsOf, type Work } from './proof.ts';

/**
 * How many clusters are created, set up and worked on at the same time: that takes the processor, while those whose verdicts
 * settle mostly wait. A machine that has more to do than this gets to have fewer clusters, not slower ones.
 */
const preparingAtOnce = 5 * availableParallelism();

export interface ScenarioReport {
  id: string;
  pack: string;
  ok: boolean;
  /** All seeds that draw the names of this report, which its proofs ran with; only if seeds were asked for. */
  seeds?: number[];
  untouched: Proof;
  /** What the solution "reference" changes: `~ Role`, one for each object. */
  reference?: string[];
  solutions: (Proof & { name: string })[];
  mistakes: (Proof & { name: string; fails: string[] })[];
  /** Only if the scenario has hints on what is there. */
  hints?: HintProof[];
  /** Solutions once more on the same cluster after a reset; only if asked for, as all that follows. */
  again?: (Proof & { name: string })[];
  /** Solutions and set-up with the documents of each manifest in another order. */
  shuffled?: (Proof & { name: string })[];
  /** The reference solution with one thing wrong: each must score less, unless it is declared equivalent. */
  mutants?: (Proof & { name: string; equivalent: boolean })[];
}

/** Proofs that take longer. */
export interface Thorough {
  again?: boolean;
  shuffle?: boolean;
  mutate?: boolean;
}

export interface VerifyReport {
  ok: boolean;
  scenarios: ScenarioReport[];
}

export interface VerifyOptions {
  packs: readonly Pack[];
  /** Only these scenarios. */
  only?: readonly string[];
  /** What draws the names (default: the familiar ones). Seeds that draw the same names are proved once. */
  seeds?: readonly number[];
  /** How many clusters at the same time. */
  parallel: number;
  /** Starts what makes the proofs; `folder` is theirs. They get the same share of them. */
  provers(folder: string): Promise<{ provers: readonly Prover[]; stop(): Promise<void> }>;
  trust: TrustStore;
  thorough?: Thorough;
  signal: AbortSignal;
  progress(line: string): void;
}

/** Proves scenarios, each untouched run, solution and mistake on a cluster that is new or as new. Leaves nothing behind. */
export async function verifyPacks(options: VerifyOptions): Promise<VerifyReport> {
  const known = options.packs.flatMap((pack) => scenarioIds(pack).map((id) => ({ pack, id })));
  const missing = options.only?.filter((id) => !known.some((one) => one.id === id)) ?? [];
  if (known.length === 0 || missing.length > 0) {
    throw new UserError({
      what: `there is no scenario ${missing.join(', ')} to verify`.replace('  ', ' '),
      next: 'kubedrill list',
    });
  }
  const scenarios = known
    .filter(({ id }) => options.only?.includes(id) ?? true)
    .flatMap(({ pack, id }) => variantsOf(pack, id, options.seeds ?? [defaultSeed]));
  for (const { scenario } of scenarios) options.trust.require(scenario, scriptsOf(scenario));
  const folder = await mkdtemp(join(tmpdir(), 'kubedrill-verify-'));
  try {
    const { provers, stop } = await options.provers(folder);
    const bench = new Bench(provers, options);
    try {
      const reports = await Promise.all(scenarios.map((variant) => bench.verify(variant)));
      return { ok: reports.every((report) => report.ok), scenarios: reports };
    } finally {
      await bench.end();
      await stop();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A scenario with the names that some seeds draw. */
interface Variant {
  scenario: Scenario;
  seeds: [number, ...number[]];
}

/** What the seeds make of a scenario, in their order; those that draw the same make one. */
function variantsOf(pack: Pack, id: string, seeds: readonly number[]): Variant[] {
  const variants = new Map<string, Variant>();
  for (const seed of seeds) {
    const scenario = loadScenario(pack, id, seed);
    const drawn = JSON.stringify(scenario.variables);
    const same = variants.get(drawn);
    if (same) same.seeds.push(seed);
    else variants.set(drawn, { scenario, seeds: [seed] });
  }
  return [...variants.values()];
}

/** Where two runs of the same scenarios, on different clusters, came to other verdicts; a line each. */
export function compareReports(a: VerifyReport, b: VerifyReport): string[] {
  const proofs = (report: VerifyReport) =>
    new Map(
      report.scenarios.flatMap(({ id, seeds, untouched, solutions, mistakes }) => {
        const name = seeds ? `${id} seed ${untouched.seed}` : id;
        return [
          [`${name} untouched`, untouched] as const,
          ...solutions.map((s) => [`${name} solution ${s.name}`, s] as const),
          ...mistakes.map((m) => [`${name} mistake ${m.name}`, m] as const),
        ];
      }),
    );
  const others = proofs(b);
  return [...proofs(a)].flatMap(([label, proof]) =>
    Object.entries(proof.verdicts).flatMap(([check, status]) => {
      const other = ownValue(others.get(label)?.verdicts, check);
      return other === status
        ? []
        : [`${label}: ${check} is ${status} on one cluster, ${other ?? 'not judged'} on the other`];
    }),
  );
}

/** Has all proofs of some scenarios created, and puts them together. */
class Bench {
  readonly #provers: { prover: Prover; running: number; preparing: number }[];
  readonly #options: VerifyOptions;
  readonly #active = new Set<Promise<unknown>>();
  readonly #over = new AbortController();
  #running = 0;
  #preparing = 0;
  /** Proofs that wait for a cluster, the longest first. */
  readonly #queue: { expected: number; begin(): void }[] = [];
  #runs = 0;

  constructor(provers: readonly Prover[], options: VerifyOptions) {
    this.#provers = provers.map((prover) => ({ prover, running: 0, preparing: 0 }));
    this.#options = options;
    const { signal } = options;
    signal.addEventListener('abort', () => this.#over.abort(signal.reason), { once: true });
    if (signal.aborted) this.#over.abort(signal.reason);
  }

  /** Gives up what is not done yet; resolves when no proof is being created any more. */
  async end(): Promise<void> {
    this.#over.abort(new Error('given up'));
    await Promise.allSettled(this.#active);
  }

  async verify(variant: Variant): Promise<ScenarioReport> {
    const { scenario, seeds } = variant;
    const [untouched, solved, mistakes, more] = await Promise.all([
      this.#prove(variant, 'untouched', { kind: 'untouched' }),
      this.#solutions(variant),
      Promise.all(
        scenario.mistakes.map(async ({ name, fails }) => ({
          name,
          fails,
          ...(await this.#prove(variant, name, { kind: 'mistake', script: name })),
        })),
      ),
      this.#thorough(variant),
    ]);
    const { solutions, reference } = solved;
    const proofs = [untouched, ...solutions, ...mistakes, ...Object.values(more).flat()];
    if (!scenario.solutions.some((s) => s.name === 'reference')) {
      untouched.problems.push('there is no solution "reference"');
      untouched.ok = false;
    }
    const hints = hintProofs(scenario, untouched, solutions, mistakes);
    const ok = [...proofs, ...hints].every((p) => p.ok);
    const asked = this.#options.seeds ? { seeds } : {};
    const hinted = hints.length > 0 ? { hints } : {};
    return {
      id: scenario.id,
      pack: scenario.pack.id,
      ok,
      ...asked,
      untouched,
      ...(reference && { reference }),
      solutions,
      mistakes,
      ...hinted,
      ...more,
    };
  }

  async #thorough(variant: Variant): Promise<Pick<ScenarioReport, 'again' | 'shuffled' | 'mutants'>> {
    const { again, shuffle, mutate } = this.#options.thorough ?? {};
    const [first, second, third] = await Promise.all([
      // A reset leaves nothing of the first time.
      again ? this.#each(variant, 'again', ' again after a reset') : undefined,
      // The order of documents in a manifest says nothing; that of files does.
      shuffle ? this.#each(variant, 'shuffled', ' shuffled') : undefined,
      mutate ? this.#mutants(variant) : undefined,
    ]);
    return {
      ...(first ? { again: first } : {}),
      ...(second ? { shuffled: second } : {}),
      ...(third ? { mutants: third } : {}),
    };
  }

  /** Every solution, and what the reference changes. */
  async #solutions(variant: Variant): Promise<Pick<ScenarioReport, 'solutions' | 'reference'>> {
    const outcomes = await Promise.all(
      variant.scenario.solutions.map(async ({ name }) => ({
        name,
        ...(await this.#order(variant, name, { kind: 'solution', script: name })),
      })),
    );
    const changes = outcomes.find(({ name }) => name === 'reference')?.changes;
    return {
      solutions: outcomes.map(({ name, proof }) => ({ name, ...proof })),
      ...(changes && { reference: changes.map(changeText) }),
    };
  }

  /** The same with every solution. */
  #each(variant: Variant, kind: 'again' | 'shuffled', label: string): Promise<(Proof & { name: string })[]> {
    return Promise.all(
      variant.scenario.solutions.map(async ({ name }) => ({
        name,
        ...(await this.#prove(variant, `${name}${label}`, { kind, script: name })),
      })),
    );
  }

  async #mutants(variant: Variant): Promise<NonNullable<ScenarioReport['mutants']>> {
    const { scenario } = variant;
    if (!scenario.solutions.some((s) => s.name === 'reference')) return [];
    const what = 'what the reference does';
    const observed = await this.#order(variant, what, { kind: 'observed', script: 'reference' });
    if (!observed.proof.ok) return [{ name: what, equivalent: true, ...observed.proof }];
    const { equivalent } = scenario.lint;
    const mutants = mutantsOf(observed.changes ?? []);
    const proofs = await Promise.all(
      mutants.map(async ({ name, changes }) => {
        const meant = equivalent.includes(name);
        const work: Work = { kind: 'mutant', changes, equivalent: meant };
        return { name, equivalent: meant, ...(await this.#prove(variant, name, work)) };
      }),
    );
    const unknown = equivalent.filter((name) => !mutants.some((m) => m.name === name));
    for (const proof of proofs.slice(0, 1)) {
      proof.problems.push(...unknown.map((name) => `lint.equivalent names ${name}, which is no mutant`));
      proof.ok &&= unknown.length === 0;
    }
    return proofs;
  }

  async #prove(variant: Variant, name: string, work: Work): Promise<Proof> {
    return (await this.#order(variant, name, work)).proof;
  }

  /** Has one proof created once there is room for its cluster, by whoever has the least to do. */
  async #order({ scenario, seeds: [seed] }: Variant, name: string, work: Work): Promise<ProofOutcome> {
    await this.#take(expectedTime(scenario, work));
    const { progress } = this.#options;
    const { signal } = this.#over;
    const [place] = this.#provers.toSorted((a, b) => a.preparing - b.preparing || a.running - b.running);
    if (!place) throw new Error('there is nobody to prove anything');
    const { id, pack } = scenario;
    let preparing = true;
    place.running++;
    place.preparing++;
    const prepared = () => {
      if (!preparing) return;
      preparing = false;
      this.#preparing--;
      place.preparing--;
      this.#beginMore();
    };
    const order = {
      number: ++this.#runs,
      pack: { folder: pack.folder, builtIn: pack.builtIn },
      scenario: id,
      seed,
      work,
    };
    const proving = place.prover.prove(order, { signal, prepared });
    this.#active.add(proving);
    try {
      const outcome = await proving;
      const { ok, problems } = outcome.proof;
      const drawn = this.#options.seeds ? ` seed ${seed}` : '';
      progress(`${ok ? '✔' : '✘'} ${pack.id}/${id}${drawn} ${name}${ok ? '' : `: ${problems.join('; ')}`}`);
      return outcome;
    } finally {
      this.#active.delete(proving);
      place.running--;
      this.#running--;
      prepared();
      this.#beginMore();
    }
  }

  /** Resolves when there is room for another cluster: for the longest proof first, as the last one is waited for. */
  #take(expected: number): Promise<void> {
    return new Promise<void>((begin) => {
      const after = this.#queue.findIndex((other) => other.expected < expected);
      this.#queue.splice(after < 0 ? this.#queue.length : after, 0, { expected, begin });
      // Once all have come that come at the same time.
      setImmediate(() => this.#beginMore());
    });
  }

  #beginMore(): void {
    while (this.#running < this.#options.parallel && this.#preparing < preparingAtOnce) {
      const next = this.#queue.shift();
      if (!next) return;
      this.#running++;
      this.#preparing++;
      next.begin();
    }
  }
}

/** `~ Role`: without its name, which another seed would draw otherwise. */
function changeText({ resource, before, after }: ObjectChange): string {
  return `${before ? (after ? '~' : '-') : '+'} ${resource.kind}`;
}

/**
 * About how long a proof of a scenario takes, milliseconds: verdicts settle in twice the longest period that a workload
 * declares, a mistake's only after as much patience for success; what takes a learner minutes takes a script a moment.
 */
function expectedTime({ checks, minutes }: Scenario, { kind }: Work): number {
  const period = Math.max(0, ...checks.map(periodOf));
  return (kind === 'mistake' ? 4 : 2) * period + minutes * 100;
}
