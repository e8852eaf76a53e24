import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathWith } from '../cluster/kubectl/kubectl.ts';
import type { KubectlVersion } from '../cluster/kubectl/version.ts';
import type { ClusterTarget, Provider } from '../cluster/provider.ts';
import { scoreOf, type Verdict } from '../grading/types.ts';
import { systemClock } from '../kernel/clock.ts';
import { UserError } from '../kernel/errors.ts';
import { KubeClient } from '../kube/client.ts';
import { applyScript } from '../scenario/apply.ts';
import { defaultSeed, loadScenario, scenarioIds } from '../scenario/load.ts';
import type { TrustStore } from '../scenario/trust.ts';
import type { Pack, Scenario, Script } from '../scenario/types.ts';
import { Attempt } from '../session/attempt.ts';
import { needsOf } from '../session/needs.ts';

/** How long verdicts may take to settle, milliseconds; what is still pending then is a problem. */
const settlePatience = 60_000;

/** What one run of a scenario showed. */
export interface Proof {
  ok: boolean;
  score: number;
  max: number;
  milliseconds: number;
  /** Settled verdicts by check id. */
  verdicts: Record<string, Verdict['status']>;
  /** What is not as it must be, for people. */
  problems: string[];
}

export interface ScenarioReport {
  id: string;
  pack: string;
  ok: boolean;
  untouched: Proof;
  solutions: (Proof & { name: string })[];
  mistakes: (Proof & { name: string; fails: string[] })[];
}

export interface VerifyReport {
  ok: boolean;
  scenarios: ScenarioReport[];
}

export interface VerifyOptions {
  packs: readonly Pack[];
  /** Only this scenario. */
  scenario?: string;
  /** How many clusters at the same time. */
  parallel: number;
  kubectl(): Promise<KubectlVersion>;
  /** Makes a provider whose clusters live in `folder`. */
  provider(folder: string): Promise<{ provider: Provider; stop(): Promise<void> }>;
  trust: TrustStore;
  /** How a cluster is chosen, beside its provider. */
  nodeImage?: string;
  target?: ClusterTarget;
  signal: AbortSignal;
  progress(line: string): void;
}

/** Proves scenarios on fresh clusters: one for each untouched run, solution and mistake. Leaves nothing behind. */
export async function verifyPacks(options: VerifyOptions): Promise<VerifyReport> {
  const scenarios = options.packs
    .flatMap((pack) => scenarioIds(pack).map((id) => ({ pack, id })))
    .filter(({ id }) => !options.scenario || id === options.scenario)
    .map(({ pack, id }) => loadScenario(pack, id));
  if (scenarios.length === 0) {
    throw new UserError({
      what: `there is no scenario ${options.scenario ?? ''} to verify`.replace('  ', ' '),
      next: 'kubedrill list',
    });
  }
  for (const s of scenarios) options.trust.require(s, [...s.setup, ...s.solutions, ...s.mistakes]);
  const kubectl = await options.kubectl();
  const folder = await mkdtemp(join(tmpdir(), 'kubedrill-verify-'));
  try {
    const { provider, stop } = await options.provider(join(folder, 'clusters'));
    try {
      const bench = new Bench(provider, join(folder, 'attempts'), { PATH: pathWith(kubectl) }, options);
      const reports = await Promise.all(scenarios.map((scenario) => bench.verify(scenario)));
      return { ok: reports.every((report) => report.ok), scenarios: reports };
    } finally {
      await stop();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Where two runs of the same scenarios, on different clusters, came to other verdicts; a line each. */
export function compareReports(a: VerifyReport, b: VerifyReport): string[] {
  const proofs = (report: VerifyReport) =>
    new Map(
      report.scenarios.flatMap(({ id, untouched, solutions, mistakes }) => [
        [`${id} untouched`, untouched] as const,
        ...solutions.map((s) => [`${id} solution ${s.name}`, s] as const),
        ...mistakes.map((m) => [`${id} mistake ${m.name}`, m] as const),
      ]),
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
  #free: number;
  readonly #queue: (() => void)[] = [];
  #runs = 0;

  constructor(provider: Provider, folder: string, env: Record<string, string>, options: VerifyOptions) {
    this.#provider = provider;
    this.#folder = folder;
    this.#env = env;
    this.#options = options;
    this.#free = options.parallel;
  }

  async verify(scenario: Scenario): Promise<ScenarioReport> {
    const run = (script: Script | undefined, judge: (verdicts: Verdict[]) => string[]) =>
      this.#run(scenario, script, judge);
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
    const proofs = [untouched, ...solutions, ...mistakes];
    if (!scenario.solutions.some((s) => s.name === 'reference')) {
      untouched.problems.push('there is no solution "reference"');
      untouched.ok = false;
    }
    return { id: scenario.id, pack: scenario.pack.id, ok: proofs.every((p) => p.ok), untouched, solutions, mistakes };
  }

  /** One attempt on a cluster of its own, with a script's changes, judged when the verdicts have settled. */
  async #run(scenario: Scenario, script: Script | undefined, judge: (verdicts: Verdict[]) => string[]): Promise<Proof> {
    await this.#take();
    const { signal, progress } = this.#options;
    const id = `${scenario.id.slice(0, 24)}-${++this.#runs}`;
    const label = `${scenario.pack.id}/${scenario.id} ${script?.name ?? 'untouched'}`;
    const begin = performance.now();
    let verdicts: Verdict[] = [];
    let problems: string[];
    try {
      const choice = { seed: defaultSeed, on: { provider: this.#provider.name } };
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
        if (script) {
          const client = await KubeClient.fromFile(cluster.kubeconfig, cluster.context);
          await applyScript(script, { client, env: { ...this.#env, KUBECONFIG: cluster.kubeconfig }, signal });
          await client.close();
        }
        verdicts = await attempt.settled(settlePatience);
        problems = judge(verdicts);
      } finally {
        await attempt.close();
        await (this.#provider.release?.(cluster.id) ?? cluster.dispose());
      }
    } catch (error) {
      signal.throwIfAborted();
      problems = [error instanceof Error ? error.message : String(error)];
    } finally {
      this.#giveBack();
    }
    const ok = problems.length === 0;
    progress(`${ok ? '✔' : '✘'} ${label}${ok ? '' : `: ${problems.join('; ')}`}`);
    const { score, max } = scoreOf(verdicts);
    const milliseconds = Math.round(performance.now() - begin);
    return {
      ok,
      score,
      max,
      milliseconds,
      verdicts: Object.fromEntries(verdicts.map((v) => [v.id, v.status])),
      problems,
    };
  }

  async #take(): Promise<void> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#queue.push(resolve));
  }

  #giveBack(): void {
    const next = this.#queue.shift();
    if (next) next();
    else this.#free++;
  }
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
