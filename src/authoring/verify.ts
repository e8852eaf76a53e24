import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { clusterEnvironment, pathWith } from '../cluster/kubectl/kubectl.ts';
import type { KubectlVersion } from '../cluster/kubectl/version.ts';
import type { Cluster, ClusterTarget, Provider } from '../cluster/provider.ts';
import { scoreOf, type Verdict } from '../grading/types.ts';
import { systemClock } from '../kernel/clock.ts';
import { UserError } from '../kernel/errors.ts';
import { KubeClient, KubeError } from '../kube/client.ts';
import { applyScript } from '../scenario/apply.ts';
import { loadScenario, scenarioIds } from '../scenario/load.ts';
import { defaultSeed } from '../scenario/seed-list.ts';
import type { TrustStore } from '../scenario/trust.ts';
import { conditionsOf, type Pack, type Scenario, type Script } from '../scenario/types.ts';
import { Attempt } from '../session/attempt.ts';
import { needsOf } from '../session/needs.ts';
import { applyChanges, changesBetween, type ObjectChange, readObjects } from './changes.ts';
import { type HintProof, hintProofs } from './hint-proofs.ts';
import { mutantsOf } from './mutants.ts';

/** How long verdicts may take to settle, milliseconds; what is still pending then is a problem. */
const settlePatience = 60_000;

/**
 * How many clusters are made, set up and worked on at the same time: that takes the processor, while those whose verdicts
 * settle mostly wait. A machine that has more to do than this gets to have fewer clusters, not slower ones.
 */
const preparingAtOnce = 8 * availableParallelism();

/** What one run of a scenario showed. */
export interface Proof {
  ok: boolean;
  /** What drew the names. */
  seed: number;
  score: number;
  max: number;
  milliseconds: number;
  /** Settled verdicts by check id. */
  verdicts: Record<string, Verdict['status']>;
  /** Which of the scenario's hints on what is there would be given, counted from 1 as all of its hints. */
  hints?: number[];
  /** What is not as it must be, for people. */
  problems: string[];
}

export interface ScenarioReport {
  id: string;
  pack: string;
  ok: boolean;
  /** All seeds that draw the names of this report, which its proofs ran with; only if seeds were asked for. */
  seeds?: number[];
  untouched: Proof;
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
  kubectl(): Promise<KubectlVersion>;
  /** Makes a provider whose clusters live in `folder`. */
  provider(folder: string): Promise<{ provider: Provider; stop(): Promise<void> }>;
  trust: TrustStore;
  thorough?: Thorough;
  /** How a cluster is chosen, beside its provider. */
  nodeImage?: string;
  target?: ClusterTarget;
  signal: AbortSignal;
  progress(line: string): void;
}

/** Proves scenarios on fresh clusters: one for each untouched run, solution and mistake. Leaves nothing behind. */
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
  for (const { scenario: s } of scenarios) options.trust.require(s, [...s.setup, ...s.solutions, ...s.mistakes]);
  const kubectl = await options.kubectl();
  const folder = await mkdtemp(join(tmpdir(), 'kubedrill-verify-'));
  try {
    const { provider, stop } = await options.provider(join(folder, 'clusters'));
    try {
      const bench = new Bench(provider, join(folder, 'attempts'), { PATH: pathWith(kubectl) }, options);
      const reports = await Promise.all(scenarios.map((variant) => bench.verify(variant)));
      return { ok: reports.every((report) => report.ok), scenarios: reports };
    } finally {
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
      const other = others.get(label)?.verdicts[check];
      return other === status
        ? []
        : [`${label}: ${check} is ${status} on one cluster, ${other ?? 'not judged'} on the other`];
    }),
  );
}

class Bench {
  readonly #provider: Provider;
  readonly #folder: string;
  readonly #env: Record<string, string>;
  readonly #options: VerifyOptions;
  #running = 0;
  #preparing = 0;
  /** Proofs that wait for a cluster, the longest first. */
  readonly #queue: { period: number; begin(): void }[] = [];
  #runs = 0;

  constructor(provider: Provider, folder: string, env: Record<string, string>, options: VerifyOptions) {
    this.#provider = provider;
    this.#folder = folder;
    this.#env = env;
    this.#options = options;
  }

  async verify(variant: Variant): Promise<ScenarioReport> {
    const { scenario, seeds } = variant;
    const run = (script: Script | undefined, judge: Judge) =>
      this.#run(variant, script?.name ?? 'untouched', script ? (on) => on.apply(script) : undefined, judge);
    const [untouched, solutions, mistakes] = await Promise.all([
      run(undefined, judgeUntouched),
      Promise.all(scenario.solutions.map(async (s) => ({ name: s.name, ...(await run(s, judgeSolution)) }))),
      Promise.all(
        scenario.mistakes.map(async (m) => ({
          name: m.name,
          fails: m.fails,
          ...(await run(m, (v) => judgeMistake(v, m.fails))),
        })),
      ),
    ]);
    const more = await this.#thorough(variant);
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
      solutions,
      mistakes,
      ...hinted,
      ...more,
    };
  }

  async #thorough(variant: Variant): Promise<Pick<ScenarioReport, 'again' | 'shuffled' | 'mutants'>> {
    const { again, shuffle, mutate } = this.#options.thorough ?? {};
    const each = (prove: (solution: Script) => Promise<Proof>) =>
      Promise.all(variant.scenario.solutions.map(async (s) => ({ name: s.name, ...(await prove(s)) })));
    const [first, second, third] = await Promise.all([
      again ? each((s) => this.#again(variant, s)) : undefined,
      shuffle ? each((s) => this.#shuffled(variant, s)) : undefined,
      mutate ? this.#mutants(variant) : undefined,
    ]);
    return {
      ...(first ? { again: first } : {}),
      ...(second ? { shuffled: second } : {}),
      ...(third ? { mutants: third } : {}),
    };
  }

  /** Solved, put back, and solved again: a reset leaves nothing of the first time. */
  #again(variant: Variant, solution: Script): Promise<Proof> {
    const work = async (on: Workplace) => {
      await on.apply(solution);
      const first = judgeSolution(await on.attempt.settled(settlePatience));
      await on.attempt.reset();
      const between = judgeUntouched(await on.attempt.settled(settlePatience)).map(
        (problem) => `after the reset: ${problem}`,
      );
      if (first.length + between.length > 0) throw new Error([...first, ...between].join('; '));
      await on.apply(solution);
    };
    return this.#run(variant, `${solution.name} again after a reset`, work, judgeSolution);
  }

  /** The order of documents in a manifest says nothing; that of files does. */
  #shuffled({ scenario, seeds }: Variant, solution: Script): Promise<Proof> {
    const other = { scenario: { ...scenario, setup: scenario.setup.map(reversed) }, seeds };
    return this.#run(other, `${solution.name} shuffled`, (on) => on.apply(reversed(solution)), judgeSolution);
  }

  async #mutants(variant: Variant): Promise<NonNullable<ScenarioReport['mutants']>> {
    const { scenario } = variant;
    const reference = scenario.solutions.find((s) => s.name === 'reference');
    if (!reference) return [];
    let changes: ObjectChange[] = [];
    const observe = async (on: Workplace) => {
      const before = await readObjects(on.client, scenario.namespaces);
      await on.apply(reference);
      changes = changesBetween(before, await readObjects(on.client, scenario.namespaces));
    };
    const observed = await this.#run(variant, 'what the reference does', observe, judgeSolution);
    if (!observed.ok) return [{ name: 'what the reference does', equivalent: true, ...observed }];
    const { equivalent } = scenario.lint;
    const mutants = mutantsOf(changes);
    const proofs = await Promise.all(
      mutants.map(async ({ name, changes: wrong }) => {
        const meant = equivalent.includes(name);
        const judge: Judge = (verdicts) => judgeMutant(verdicts, meant);
        return {
          name,
          equivalent: meant,
          ...(await this.#run(variant, name, (on) => applyChanges(on.client, wrong), judge, true)),
        };
      }),
    );
    const unknown = equivalent.filter((name) => !mutants.some((m) => m.name === name));
    for (const proof of proofs.slice(0, 1)) {
      proof.problems.push(...unknown.map((name) => `lint.equivalent names ${name}, which is no mutant`));
      proof.ok &&= unknown.length === 0;
    }
    return proofs;
  }

  /**
   * One attempt on a cluster of its own, judged when what was done has settled. `refusable`: what the API server
   * refuses is caught as well as anything can be.
   */
  async #run(
    { scenario, seeds: [seed] }: Variant,
    name: string,
    work: ((on: Workplace) => Promise<void>) | undefined,
    judge: Judge,
    refusable = false,
  ): Promise<Proof> {
    const prepared = await this.#take(longestPeriod(scenario));
    const { signal, progress } = this.#options;
    const id = `${scenario.id.slice(0, 24)}-${++this.#runs}`;
    const drawn = this.#options.seeds ? ` seed ${seed}` : '';
    const label = `${scenario.pack.id}/${scenario.id}${drawn} ${name}`;
    const begin = performance.now();
    let verdicts: Verdict[] = [];
    let problems: string[];
    let hints: number[] = [];
    try {
      const choice = { seed, on: { provider: this.#provider.name } };
      const attempt = await Attempt.create(id, scenario, choice, {
        clock: systemClock,
        folder: this.#folder,
        scriptEnvironment: async () => this.#env,
      });
      const { nodeImage, target } = this.#options;
      const spec = { name: id, ...needsOf(scenario), ...(nodeImage && { nodeImage }), ...(target && { target }) };
      const cluster = await this.#provider.create(spec, () => undefined, signal);
      try {
        signal.throwIfAborted();
        await attempt.setUp(cluster);
        const refused = work && (await this.#work(work, attempt, cluster, refusable));
        prepared();
        verdicts = refused ? [] : await attempt.settled(settlePatience);
        problems = refused ? [] : judge(verdicts);
        hints = attempt.observedHints().map((index) => index + 1);
      } finally {
        await attempt.close();
        await (this.#provider.release?.(cluster.id) ?? cluster.dispose());
      }
    } catch (error) {
      signal.throwIfAborted();
      problems = [error instanceof Error ? error.message : String(error)];
    } finally {
      prepared();
      this.#giveBack();
    }
    const ok = problems.length === 0;
    progress(`${ok ? '✔' : '✘'} ${label}${ok ? '' : `: ${problems.join('; ')}`}`);
    const { score, max } = scoreOf(verdicts);
    const milliseconds = Math.round(performance.now() - begin);
    return {
      ok,
      seed,
      score,
      max,
      milliseconds,
      verdicts: Object.fromEntries(verdicts.map((v) => [v.id, v.status])),
      ...(conditionsOf(scenario).length > 0 ? { hints } : {}),
      problems,
    };
  }

  /** Does the work; true if the API server refused it and that is fine. */
  async #work(
    work: (on: Workplace) => Promise<void>,
    attempt: Attempt,
    { kubeconfig, context }: Cluster,
    refusable: boolean,
  ): Promise<boolean> {
    const { signal } = this.#options;
    const client = await KubeClient.fromFile(kubeconfig, context);
    const answers = join(this.#folder, attempt.id, 'answers');
    const env = { ...this.#env, ...clusterEnvironment(kubeconfig), KUBEDRILL_ANSWERS: answers };
    try {
      await work({ attempt, client, apply: (script) => applyScript(script, { client, env, signal }) });
      return false;
    } catch (error) {
      if (refusable && error instanceof KubeError && error.code < 500) return true;
      throw error;
    } finally {
      await client.close();
    }
  }

  /**
   * Resolves when there is room for another cluster: for the longest proof first, as the last one is waited for. What
   * comes back is told when all is done that the verdicts are to be about, or when it is over.
   */
  async #take(period: number): Promise<() => void> {
    await new Promise<void>((begin) => {
      const after = this.#queue.findIndex((other) => other.period < period);
      this.#queue.splice(after < 0 ? this.#queue.length : after, 0, { period, begin });
      // Once all have come that come at the same time.
      setImmediate(() => this.#beginMore());
    });
    let preparing = true;
    return () => {
      if (preparing) this.#preparing--;
      preparing = false;
      this.#beginMore();
    };
  }

  #giveBack(): void {
    this.#running--;
    this.#beginMore();
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

/** The longest period that a workload of a scenario declares, milliseconds: verdicts settle in twice that. */
function longestPeriod({ checks }: Scenario): number {
  return Math.max(0, ...checks.map(({ spec }) => (spec as { period?: number }).period ?? 0));
}

type Judge = (verdicts: Verdict[]) => string[];

/** Where somebody works on a scenario. */
interface Workplace {
  attempt: Attempt;
  client: KubeClient;
  apply(script: Script): Promise<void>;
}

/** A manifest with its documents the other way round, Namespaces still first; a script as it is. */
function reversed(script: Script): Script {
  if (script.kind === 'shell') return script;
  const documents = script.text.split(/^---\s*$/m).filter((text) => text.trim() !== '');
  const isSpace = (text: string) => /^kind:\s*Namespace\s*$/m.test(text);
  const text = [...documents.filter(isSpace), ...documents.filter((d) => !isSpace(d)).reverse()].join('\n---\n');
  return { ...script, text };
}

function judgeMutant(verdicts: Verdict[], equivalent: boolean): string[] {
  const { score } = scoreOf(verdicts);
  if (equivalent) return score === 100 ? [] : [`it is declared equivalent, but scores ${score}`];
  return score < 100 ? [] : ['nothing catches it: a check is missing, or name it in lint.equivalent'];
}

function judgeUntouched(verdicts: Verdict[]): string[] {
  const problems = verdicts
    .filter((v) => !v.guard && v.status !== 'fail')
    .map((v) => `${v.id} is ${describe(v)} before anything was done`);
  const { score } = scoreOf(verdicts);
  if (score > 0) problems.push(`the score is ${score} before anything was done`);
  return problems;
}

function judgeSolution(verdicts: Verdict[]): string[] {
  const problems = verdicts.filter((v) => v.status !== 'pass').map((v) => `${v.id} is ${describe(v)}`);
  const { score } = scoreOf(verdicts);
  if (score !== 100) problems.push(`the score is ${score}, not 100`);
  return problems;
}

function judgeMistake(verdicts: Verdict[], fails: string[]): string[] {
  return verdicts.flatMap((v) => {
    const wanted = fails.includes(v.id) ? 'fail' : 'pass';
    return v.status === wanted ? [] : [`${v.id} should ${wanted} but is ${describe(v)}`];
  });
}

function describe(verdict: Verdict): string {
  return `${verdict.status} (${[verdict.actual, verdict.why].filter(Boolean).join(': ')})`;
}
