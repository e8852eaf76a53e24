import { devNull } from 'node:os';
import { join } from 'node:path';
import { clusterEnvironment } from '../cluster/kubectl/kubectl.ts';
import type { Cluster, ClusterTarget, Provider } from '../cluster/provider.ts';
import { scoreOf, type Verdict } from '../grading/types.ts';
import { systemClock } from '../kernel/clock.ts';
import { UserError } from '../kernel/errors.ts';
import { KubeClient, KubeError } from '../kube/client.ts';
import { applyScript } from '../scenario/apply.ts';
import { loadPack, loadScenario } from '../scenario/load.ts';
import type { TrustStore } from '../scenario/trust.ts';
import { conditionsOf, type Pack, type Scenario, type Script } from '../scenario/types.ts';
import { Attempt } from '../session/attempt.ts';
import { needsOf } from '../session/needs.ts';
import { applyChanges, changesBetween, type ObjectChange, readObjects } from './changes.ts';

/** How long verdicts may take to settle, milliseconds; what is still pending then is a problem. */
const settlePatience = 60_000;

/**
 * A kubectl that lives for a moment need not collect garbage: that is a fifth of what it takes. Nor need it keep what it
 * learns of the API, in a hundred files for three calls of it: a folder that can't be created is none.
 */
const briefly = { GOGC: '400', KUBECACHEDIR: join(devNull, 'none') };

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

/** What is done to a scenario that has been set up, before it is judged. Scripts are named as their files are. */
export type Work =
  | { kind: 'untouched' }
  | { kind: 'solution' | 'mistake'; script: string }
  /** The solution, a reset, and the solution once more. */
  | { kind: 'again'; script: string }
  /** The solution and the set-up with the documents of each manifest in another order. */
  | { kind: 'shuffled'; script: string }
  /** The solution, and which objects it changed. */
  | { kind: 'observed'; script: string }
  /** What the solution does, with one thing wrong, or with something that makes no difference. */
  | { kind: 'mutant'; changes: ObjectChange[]; equivalent: boolean };

/** One proof to be created, as it goes to whoever makes it: plain data. */
export interface ProofOrder {
  /** No other proof of the run has it: the name of its attempt ends in it. */
  number: number;
  pack: Pick<Pack, 'folder' | 'builtIn'>;
  scenario: string;
  seed: number;
  work: Work;
}

export interface ProofOutcome {
  proof: Proof;
  /** Of observed work, and of the solution "reference". */
  changes?: ObjectChange[];
}

export interface ProofContext {
  signal: AbortSignal;
  /** Called when all is done that the verdicts are to be about: what is left is mostly waiting. */
  prepared(): void;
}

/** Makes proofs, several at a time. */
export interface Prover {
  /**
   * Resolves when nothing of the proof's cluster is left. What goes wrong in a scenario is a problem of its proof; rejects
   * with the signal's reason, or if no proof can be created at all.
   */
  prove(order: ProofOrder, context: ProofContext): Promise<ProofOutcome>;
}

export interface LocalProverOptions {
  provider: Provider;
  /** Of attempts, a folder each. */
  folder: string;
  /** For scripts: where kubectl is. */
  env: Record<string, string>;
  trust: TrustStore;
  /** How a cluster is chosen, beside its provider. */
  nodeImage?: string;
  target?: ClusterTarget;
}

/** Makes proofs in this process: each on a cluster of its own, which is new or as new. */
export class LocalProver implements Prover {
  readonly #options: LocalProverOptions;
  /** For scripts. */
  readonly #env: Record<string, string>;
  readonly #scenarios = new Map<string, Scenario>();

  constructor(options: LocalProverOptions) {
    this.#options = options;
    this.#env = { ...briefly, ...options.env };
  }

  async prove(order: ProofOrder, { signal, prepared }: ProofContext): Promise<ProofOutcome> {
    signal.throwIfAborted();
    const begin = performance.now();
    let found: Found = { verdicts: [], problems: [] };
    try {
      found = await this.#find(order, signal, prepared);
    } catch (error) {
      signal.throwIfAborted();
      found.problems = [error instanceof Error ? error.message : String(error)];
    }
    const { verdicts, problems, hints, changes } = found;
    const { score, max } = scoreOf(verdicts);
    const proof: Proof = {
      ok: problems.length === 0,
      seed: order.seed,
      score,
      max,
      milliseconds: Math.round(performance.now() - begin),
      verdicts: Object.fromEntries(verdicts.map((v) => [v.id, v.status])),
      ...(hints ? { hints } : {}),
      problems,
    };
    return { proof, ...(changes ? { changes } : {}) };
  }

  async #find(order: ProofOrder, signal: AbortSignal, prepared: () => void): Promise<Found> {
    const { provider, folder, nodeImage, target } = this.#options;
    const { seed, work, number } = order;
    const scenario = this.#scenario(order);
    const id = `${scenario.id.slice(0, 24)}-${number}`;
    const choice = { seed, on: { provider: provider.name } };
    const dependencies = { clock: systemClock, folder, scriptEnvironment: async () => this.#env, unattended: true };
    const attempt = await Attempt.create(id, scenario, choice, dependencies);
    // Whatever is waited for ends with the attempt. What goes wrong is reported when it is closed at the end.
    const onAbort = () => void attempt.close().catch(() => undefined);
    signal.addEventListener('abort', onAbort, { once: true });
    let cluster: Cluster | undefined;
    try {
      const spec = { name: id, ...needsOf(scenario), ...(nodeImage && { nodeImage }), ...(target && { target }) };
      cluster = await provider.create(spec, () => undefined, signal);
      await attempt.setUp(cluster);
      const { refused, changes } = await this.#work({ attempt, scenario, cluster, signal }, work);
      prepared();
      const verdicts = refused ? [] : await attempt.grading.settled(settlePatience);
      signal.throwIfAborted();
      const hints = attempt.observedHints().map((index) => index + 1);
      return {
        verdicts,
        problems: refused ? [] : judge(work, scenario, verdicts),
        ...(conditionsOf(scenario).length > 0 ? { hints } : {}),
        ...(changes ? { changes } : {}),
      };
    } finally {
      signal.removeEventListener('abort', onAbort);
      await attempt.close();
      if (cluster) {
        // Whoever wants to stop does not wait until it can be used again.
        if (provider.release && !signal.aborted) await provider.release(cluster.id);
        else await cluster.dispose();
      }
    }
  }

  /** Does the work. `refused`: the API server would not have a mutant, and that catches it as well as anything can. */
  async #work(place: Workplace, work: Work): Promise<{ refused?: boolean; changes?: ObjectChange[] }> {
    const { attempt, scenario, cluster, signal } = place;
    if (work.kind === 'untouched') return {};
    const client = await KubeClient.fromFile(cluster.kubeconfig, cluster.context);
    const answers = join(this.#options.folder, attempt.id, 'answers');
    const env = { ...clusterEnvironment(cluster.kubeconfig), ...this.#env, KUBEDRILL_ANSWERS: answers };
    const apply = (script: Script) => applyScript(script, { client, env, signal });
    try {
      if (work.kind === 'mutant') {
        await applyChanges(client, work.changes);
        return {};
      }
      const script = scriptOf(scenario, work);
      if (work.kind === 'observed' || (work.kind === 'solution' && work.script === 'reference')) {
        const before = await readObjects(client, scenario.namespaces);
        await apply(script);
        return { changes: changesBetween(before, await readObjects(client, scenario.namespaces)) };
      }
      if (work.kind === 'again') {
        await apply(script);
        const first = judgeSolution(await attempt.grading.settled(settlePatience));
        await attempt.reset();
        const between = judgeUntouched(await attempt.grading.settled(settlePatience)).map(
          (problem) => `after the reset: ${problem}`,
        );
        if (first.length + between.length > 0) throw new Error([...first, ...between].join('; '));
      }
      await apply(work.kind === 'shuffled' ? reversed(script) : script);
      return {};
    } catch (error) {
      if (work.kind === 'mutant' && error instanceof KubeError && error.code < 500) return { refused: true };
      throw error;
    } finally {
      await client.close();
    }
  }

  /** Read once; nothing of a pack runs that its user has not agreed to, whoever sent the order. */
  #scenario({ pack: { folder, builtIn }, scenario: id, seed, work }: ProofOrder): Scenario {
    const key = JSON.stringify([folder, id, seed]);
    let scenario = this.#scenarios.get(key);
    if (!scenario) {
      scenario = loadScenario(loadPack(folder, builtIn), id, seed);
      this.#options.trust.require(scenario, scriptsOf(scenario));
      this.#scenarios.set(key, scenario);
    }
    return work.kind === 'shuffled' ? { ...scenario, setup: scenario.setup.map(reversed) } : scenario;
  }
}

/** What was found out about one run. */
interface Found {
  verdicts: Verdict[];
  problems: string[];
  /** Only if the scenario has hints on what is there. */
  hints?: number[];
  changes?: ObjectChange[];
}

/** Where somebody works on a scenario. */
interface Workplace {
  attempt: Attempt;
  scenario: Scenario;
  cluster: Cluster;
  signal: AbortSignal;
}

/** All that runs when a scenario is proved. */
export function scriptsOf(scenario: Scenario): Script[] {
  return [...scenario.setup, ...scenario.solutions, ...scenario.mistakes];
}

function scriptOf(scenario: Scenario, work: Extract<Work, { script: string }>): Script {
  const scripts: Script[] = work.kind === 'mistake' ? scenario.mistakes : scenario.solutions;
  const script = scripts.find(({ name }) => name === work.script);
  if (script) return script;
  throw new UserError({ what: `${scenario.id} has no ${work.script} any more`, next: 'verify it again' });
}

/** A manifest with its documents the other way round, Namespaces still first; a script as it is. */
function reversed(script: Script): Script {
  if (script.kind === 'shell') return script;
  const documents = script.text.split(/^---\s*$/m).filter((text) => text.trim() !== '');
  const isSpace = (text: string) => /^kind:\s*Namespace\s*$/m.test(text);
  const text = [...documents.filter(isSpace), ...documents.filter((d) => !isSpace(d)).reverse()].join('\n---\n');
  return { ...script, text };
}

/** What the verdicts should not be after this work. */
function judge(work: Work, scenario: Scenario, verdicts: Verdict[]): string[] {
  switch (work.kind) {
    case 'untouched':
      return judgeUntouched(verdicts);
    case 'mistake':
      return judgeMistake(verdicts, scenario.mistakes.find(({ name }) => name === work.script)?.fails ?? []);
    case 'mutant':
      return judgeMutant(verdicts, work.equivalent);
    default:
      return judgeSolution(verdicts);
  }
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
