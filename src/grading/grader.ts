import { traceEvidence } from '../checks/evidence/trace.ts';
import { typeOfCheck } from '../checks/registry.ts';
import type { Baseline, Check, ClusterView, Evidence, Need, Outcome, WorkloadRef } from '../checks/types.ts';
import { podsOf } from '../checks/workload.ts';
import { spend, TooCostly, withBudget } from '../kernel/budget.ts';
import { type Clock, nextTurn, type Timer } from '../kernel/clock.ts';
import { ownValue } from '../kernel/own.ts';
import type { Pod } from '../kube/api.gen.ts';
import type { KubeClient } from '../kube/client.ts';
import type { KubeObject, Resource, Stored } from '../kube/meta.ts';
import type { Change } from '../kube/reflector.ts';
import * as resources from '../kube/resources.ts';
import { activityOf, activityResources } from './activity.ts';
import { Answers } from './answers.ts';
import { EvidenceReader } from './evidence-reader.ts';
import { LogFollowers } from './log-followers.ts';
import { Mirror, same } from './mirror.ts';
import { Probes } from './probes.ts';
import { Reviews } from './reviews.ts';
import type { Activity, GraderMemory, Verdict } from './types.ts';

export interface GraderOptions {
  client: KubeClient;
  checks: readonly Check[];
  /** Judged beside the checks and never told of as verdicts: what hints wait for. */
  conditions?: readonly Check[];
  baseline: Baseline;
  clock: Clock;
  /** When set-up or the last reset ended, milliseconds since 1970. */
  activatedAt: number;
  /**
   * Whether Pods that were over before then are judged by all that they said. Default: no; a set-up waits for the state that it
   * left behind, however old it is.
   */
  lastWords?: boolean;
  memory?: GraderMemory;
  /** Where the learner writes answers. */
  answers?: string;
  /** Namespaces whose changes the activity feed tells, beside those of no namespace; none: no feed. */
  feed?: 'everywhere' | readonly string[];
  onVerdict?(verdict: Verdict): void;
  /** A condition holds now, or no longer. */
  onCondition?(): void;
  onActivity?(activity: Activity): void;
  onMemory?(memory: GraderMemory): void;
}

/** Steps that judging a check once may take: about half a second. */
const mostSteps = 12_000_000;
/** Whatever a check does with an object costs at least so many. */
const stepsOfObject = 10;
/** Whatever takes less is judged as often as its cluster changes; a step of what takes more is followed by a pause, milliseconds. */
const cheap = 1_000_000;
const pauseOfStep = 1 / 5_000;

/** Deleted Events that are remembered. */
const keptGraves = 500;

interface Evaluated {
  check: Check;
  /** A check, not a condition. */
  graded: boolean;
  needs: Need[];
  /** The last outcome of the check type itself. */
  outcome: Outcome | undefined;
  verdict: Verdict;
  dirty: boolean;
  running: boolean;
  timers: Set<Timer>;
  /** Steps that judging it took last, see `kernel/budget.ts`. */
  spent: number;
}

type ResourceNeed = Extract<Need, { kind: 'resource' }>;

/**
 * Judges checks live: a change of the cluster wakes only the checks that look at it. Reads the cluster through its
 * API only; writes nothing but access reviews.
 */
export class Grader {
  readonly #options: GraderOptions;
  readonly #checks: Evaluated[];
  readonly #mirror: Mirror;
  readonly #followers: LogFollowers;
  readonly #reviews: Reviews;
  readonly #probes: Probes;
  readonly #answers: Answers;
  readonly #graves: Stored[] = [];
  readonly #memory: GraderMemory;
  readonly #quiet = new Set<() => void>();
  #trouble: string | undefined;
  readonly #distrusted = Promise.withResolvers<void>();
  /** Ends evaluations that wait for an answer which may never come. */
  readonly #interrupts = new Set<() => void>();
  /** Resolves when it is told to stop. */
  readonly #end = Promise.withResolvers<void>();
  #active = false;
  #stopped = false;
  #lastChange: number;

  constructor(options: GraderOptions) {
    const { client, clock } = options;
    this.#options = options;
    this.#memory = options.memory ?? { latched: [], heldSince: {} };
    this.#lastChange = clock.now();
    const { checks, conditions = [] } = options;
    this.#checks = [...checks, ...conditions].map((check, index) => ({
      check,
      graded: index < checks.length,
      needs: typeOfCheck(check).needs(check.spec),
      outcome: undefined,
      verdict: initialVerdict(check, clock.now()),
      dirty: true,
      running: false,
      timers: new Set(),
      spent: 0,
    }));
    this.#mirror = new Mirror({
      client,
      clock,
      onChange: (change) => this.#onChange(change),
      onHealth: () => this.#wake(() => true),
    });
    this.#followers = new LogFollowers({
      client,
      clock,
      since: () => options.activatedAt,
      lastWords: options.lastWords ?? false,
      onChange: () => this.#wake((e) => e.needs.some((n) => n.kind === 'logs')),
    });
    this.#reviews = new Reviews(client, clock, () => {
      this.#wake((e) => e.check.type === 'canI');
      this.#tellQuiet();
    });
    this.#probes = new Probes(client, clock);
    this.#answers = new Answers(options.answers, clock, () =>
      this.#wake((e) => e.needs.some((n) => n.kind === 'answer')),
    );
  }

  /** Resolves when everything the checks look at is mirrored (or distrusted) and each has been judged once. */
  async start(): Promise<void> {
    const needs = this.#checks.flatMap((e) => e.needs).filter((n): n is ResourceNeed => n.kind === 'resource');
    this.#mirror.add([...needs, ...this.#feedNeeds()]);
    await Promise.race([this.#mirror.synced(), this.#distrusted.promise, this.#end.promise]);
    if (this.#stopped) return;
    this.#active = true;
    this.#followLogs();
    this.#answers.follow(this.#checks.flatMap((e) => e.needs).flatMap((n) => (n.kind === 'answer' ? [n.name] : [])));
    await Promise.all(this.#checks.map((e) => this.#evaluate(e)));
  }

  verdicts(): Verdict[] {
    return this.#graded().map((e) => e.verdict);
  }

  /**
   * A check's verdict with the chain of evidence from what the check saw to its cause: what the check has no need of
   * itself is read now. Undefined: there is no such check.
   */
  async explain(id: string): Promise<Verdict | undefined> {
    const evaluated = this.#graded().find((e) => e.check.id === id);
    if (!evaluated) return undefined;
    const { verdict, outcome } = evaluated;
    if (verdict.status === 'pass' || !outcome?.suspects) return verdict;
    const { client, clock } = this.#options;
    const reader = new EvidenceReader(client, clock);
    let chain: Evidence[];
    try {
      chain = await traceEvidence(outcome.suspects, reader, clock.now());
    } catch (error) {
      const text = `the cluster cannot be asked: ${(error as Error).message}`;
      chain = [{ kind: 'missing', text }];
    } finally {
      reader.stop();
    }
    const told = new Set(verdict.evidence.map((e) => e.text));
    return { ...verdict, evidence: [...verdict.evidence, ...chain.filter((e) => !told.has(e.text))] };
  }

  /** Whether a condition holds now. */
  holds(condition: Check): boolean {
    return this.#checks.some((e) => e.check === condition && e.verdict.status === 'pass');
  }

  #graded(): Evaluated[] {
    return this.#checks.filter((e) => e.graded);
  }

  /**
   * Resolves with the verdicts once what the cluster is now has been judged, none is pending or in error and none has
   * changed for twice the longest period that a workload declares; after `atMost` milliseconds in any case.
   */
  async settled(atMost: number): Promise<Verdict[]> {
    const { clock } = this.#options;
    const end = clock.now() + atMost;
    await this.#caughtUp(atMost);
    // Not everything that checks look at tells when it changes: files in containers don't.
    this.#wake(() => true);
    this.#lastChange = clock.now();
    const isOpen = () =>
      this.#reviews.propagating ||
      this.#checks.some(
        (e) => e.running || e.verdict.status === 'pending' || (e.graded && e.verdict.status === 'error'),
      );
    await this.#waitQuiet(this.#quietTime(), end - clock.now(), isOpen);
    return this.verdicts();
  }

  /** Waits until what was written before is mirrored; a cluster that can't be asked shows in the verdicts. */
  async #caughtUp(atMost: number): Promise<void> {
    const time = Promise.withResolvers<void>();
    const timer = this.#options.clock.after(atMost, () => time.resolve());
    await Promise.race([this.#mirror.caughtUp(), time.promise, this.#end.promise]);
    timer.cancel();
  }

  /** Judges everything anew; resolves when nothing has changed for `ms` milliseconds, after `atMost` in any case. */
  async quiet(ms: number, atMost: number): Promise<void> {
    this.#wake(() => true);
    this.#lastChange = this.#options.clock.now();
    await this.#waitQuiet(ms, atMost, () => this.#checks.some((e) => e.running));
  }

  async #waitQuiet(quietFor: number, atMost: number, isOpen: () => boolean): Promise<void> {
    const { clock } = this.#options;
    const end = clock.now() + atMost;
    while (!this.#stopped) {
      const now = clock.now();
      if ((!isOpen() && now - this.#lastChange >= quietFor) || now >= end) return;
      const wait = isOpen() ? end - now : Math.min(end, this.#lastChange + quietFor) - now;
      await new Promise<void>((resolve) => {
        const timer = clock.after(wait, done);
        const quiet = this.#quiet;
        function done() {
          timer.cancel();
          quiet.delete(done);
          resolve();
        }
        quiet.add(done);
      });
    }
  }

  /** What the cluster shows can't be relied on: every verdict is an error, for this reason. */
  distrust(reason: string): void {
    this.#trouble = reason;
    this.#distrusted.resolve();
    for (const interrupt of this.#interrupts) interrupt();
    this.#wake(() => true);
  }

  /** Lets go of the cluster; `start`, `settled` and `quiet` end with it. */
  stop(): void {
    this.#stopped = true;
    this.#end.resolve();
    this.#mirror.stop();
    this.#followers.stop();
    this.#reviews.stop();
    this.#probes.stop();
    this.#answers.stop();
    for (const interrupt of this.#interrupts) interrupt();
    for (const { timers } of this.#checks) for (const timer of timers) timer.cancel();
    this.#tellQuiet();
  }

  #feedNeeds(): { resource: Resource; namespace?: string }[] {
    const { feed = [] } = this.#options;
    if (feed.length === 0) return [];
    return activityResources.flatMap((resource) =>
      resource.namespaced && feed !== 'everywhere'
        ? feed.map((namespace) => ({ resource, namespace }))
        : [{ resource }],
    );
  }

  #quietTime(): number {
    const periods = this.#graded().map((e) => (e.check.spec as { period?: number }).period ?? 0);
    return Math.max(500, 2 * Math.max(...periods));
  }

  #onChange(change: Change): void {
    if (this.#stopped) return;
    this.#reviews.onChange(change.resource);
    if (!change.object && change.old && change.resource.resource === 'events') this.#bury(change.old);
    if (!this.#active) return;
    const namespace = (change.object ?? change.old)?.metadata.namespace;
    if (['pods', 'replicasets', 'deployments', 'jobs'].includes(change.resource.resource)) this.#followLogs();
    this.#wake((e) =>
      e.needs.some(
        (n) =>
          n.kind === 'resource' && same(n.resource, change.resource) && (!n.namespace || n.namespace === namespace),
      ),
    );
    this.#tellActivity(change, namespace);
  }

  #tellActivity(change: Change, namespace: string | undefined): void {
    const { feed = [], clock, onActivity } = this.#options;
    if (!onActivity || change.first || feed.length === 0 || !activityResources.some((r) => same(r, change.resource)))
      return;
    if (namespace && feed !== 'everywhere' && !feed.includes(namespace)) return;
    // With a namespace all in it goes: that it goes is enough.
    if (namespace && !change.object && this.#isGoing(namespace)) return;
    const activity = activityOf(change, clock.now());
    if (activity) onActivity(activity);
  }

  #isGoing(namespace: string): boolean {
    const found = this.#mirror.get(resources.namespaces, undefined, namespace);
    return !found || found.metadata.deletionTimestamp !== undefined;
  }

  #bury(event: Stored): void {
    this.#graves.push(event);
    if (this.#graves.length > keptGraves) this.#graves.shift();
  }

  #followLogs(): void {
    const pods = new Map<string, Stored<Pod>>();
    for (const need of this.#checks.flatMap((e) => e.needs)) {
      if (need.kind === 'logs') for (const pod of podsOf(this.#mirror, need.workload)) pods.set(pod.metadata.uid, pod);
    }
    this.#followers.follow([...pods.values()]);
  }

  #wake(which: (e: Evaluated) => boolean): void {
    if (!this.#active) return;
    for (const evaluated of this.#checks) if (which(evaluated)) void this.#evaluate(evaluated);
  }

  /** Judges one check; a wake-up while it is being judged leads to one more round. */
  async #evaluate(evaluated: Evaluated): Promise<void> {
    evaluated.dirty = true;
    if (evaluated.running) return;
    evaluated.running = true;
    while (evaluated.dirty && !this.#stopped) {
      evaluated.dirty = false;
      // What arrives in the same turn is judged together; other clusters have their turn after what took long.
      if (evaluated.spent > cheap) await this.#pause(evaluated.spent * pauseOfStep);
      else await nextTurn();
      evaluated.outcome = await this.#judge(evaluated);
      if (this.#stopped) break;
      this.#publish(evaluated);
    }
    evaluated.running = false;
    this.#tellQuiet();
  }

  /** Ends early when the grader stops. */
  async #pause(ms: number): Promise<void> {
    const time = Promise.withResolvers<void>();
    const timer = this.#options.clock.after(ms, () => time.resolve());
    await Promise.race([time.promise, this.#end.promise]);
    timer.cancel();
  }

  #tellQuiet(): void {
    for (const done of [...this.#quiet]) done();
  }

  async #judge(evaluated: Evaluated): Promise<Outcome> {
    const { check, needs } = evaluated;
    const broken = this.#mirror.errorOf(needs.filter((n): n is ResourceNeed => n.kind === 'resource' && !n.optional));
    const previous = evaluated.outcome;
    const failed = (error: unknown): Outcome => ({
      status: 'error',
      expected: previous?.expected ?? check.title,
      actual: error instanceof TooCostly ? 'the check cannot be judged' : 'the cluster cannot be asked',
      why: error instanceof Error ? error.message : String(error),
      evidence: [],
    });
    if (this.#trouble !== undefined) return failed(this.#trouble);
    if (broken) return failed(broken);
    for (const timer of evaluated.timers) timer.cancel();
    evaluated.timers.clear();
    const interrupted = Promise.withResolvers<Outcome>();
    const interrupt = () => interrupted.resolve(failed(this.#trouble));
    this.#interrupts.add(interrupt);
    const wakes: number[] = [];
    try {
      const outcome = withBudget(
        mostSteps,
        () => typeOfCheck(check).evaluate(check.spec, this.#viewFor(wakes)),
        (steps) => {
          evaluated.spent = steps;
        },
      );
      const judged = await Promise.race([outcome, interrupted.promise]);
      // From now on: a probe that takes longer than its period would never end otherwise.
      for (const ms of wakes) this.#wakeLater(evaluated, ms);
      return judged;
    } catch (error) {
      this.#wakeLater(evaluated, 1_000);
      return failed(error);
    } finally {
      this.#interrupts.delete(interrupt);
    }
  }

  /** Applies gates and mode, and tells if anything has changed. */
  #publish(evaluated: Evaluated): void {
    const { check, outcome } = evaluated;
    if (!outcome) return;
    const applied = this.#applyMode(evaluated, this.#applyGates(check, outcome));
    const before = evaluated.verdict;
    const { status, expected, actual, evidence } = applied;
    const why = [check.why && status === 'fail' ? check.why : undefined, applied.why].filter(Boolean).join('; ');
    const scored = status === 'pass' ? 'pass' : status === 'error' ? before.scored : 'fail';
    const now = this.#options.clock.now();
    const verdict: Verdict = {
      ...before,
      status,
      expected,
      actual,
      why,
      evidence,
      scored,
      since: before.status === status ? before.since : now,
    };
    evaluated.verdict = verdict;
    if (!evaluated.graded) {
      if ((before.status === 'pass') !== (status === 'pass')) this.#options.onCondition?.();
      return;
    }
    if (before.status === status && before.actual === actual && before.why === why) return;
    if (before.status !== status) {
      this.#lastChange = now;
      for (const other of this.#checks) if (other.check.after.includes(check.id)) this.#publish(other);
    }
    this.#options.onVerdict?.(verdict);
    this.#tellQuiet();
  }

  #applyGates(check: Check, outcome: Outcome): Outcome {
    const gate = this.#checks.find((e) => check.after.includes(e.check.id) && e.verdict.status !== 'pass');
    if (!gate || outcome.status === 'error') return outcome;
    return {
      ...outcome,
      status: 'fail',
      actual: `comes after "${gate.check.title}"`,
      why: `it is judged once "${gate.check.title}" passes`,
    };
  }

  #applyMode(evaluated: Evaluated, outcome: Outcome): Outcome {
    const { check } = evaluated;
    const { latched, heldSince } = this.#memory;
    if (check.mode === 'latch') {
      if (latched.includes(check.id)) return { ...outcome, status: 'pass' };
      if (outcome.status === 'pass') this.#remember({ latched: [...latched, check.id] });
    } else if (typeof check.mode === 'object') {
      const now = this.#options.clock.now();
      if (outcome.status === 'error') return outcome;
      if (outcome.status !== 'pass') {
        const { [check.id]: _, ...others } = heldSince;
        if (Object.hasOwn(heldSince, check.id)) this.#remember({ heldSince: others });
        return outcome;
      }
      const since = ownValue(heldSince, check.id) ?? now;
      if (!Object.hasOwn(heldSince, check.id)) this.#remember({ heldSince: { ...heldSince, [check.id]: since } });
      const left = since + check.mode.hold - now;
      if (left <= 0) return outcome;
      this.#wakeLater(evaluated, left);
      return { ...outcome, status: 'pending', why: `it must stay so for ${Math.ceil(left / 1000)} s more` };
    }
    return outcome;
  }

  #remember(change: Partial<GraderMemory>): void {
    Object.assign(this.#memory, change);
    this.#options.onMemory?.(structuredClone(this.#memory));
  }

  #wakeLater(evaluated: Evaluated, ms: number): void {
    if (this.#stopped) return;
    const timer = this.#options.clock.after(ms, () => {
      evaluated.timers.delete(timer);
      void this.#evaluate(evaluated);
    });
    evaluated.timers.add(timer);
  }

  /** `wakes`: gets when the check wants to be judged again, milliseconds. */
  #viewFor(wakes: number[]): ClusterView {
    const mirror = this.#mirror;
    const { baseline, clock, activatedAt } = this.#options;
    return {
      get: (r, namespace, name) => mirror.get(r, namespace, name),
      list(r, namespace) {
        const found = mirror.list(r, namespace);
        spend(found.length * stepsOfObject);
        return found;
      },
      baseline,
      logs: (workload: WorkloadRef, container) => this.#followers.logs(podsOf(mirror, workload), container),
      review: (question) => this.#reviews.ask(question),
      buried: <T extends KubeObject>(r: Resource<T>, namespace?: string) =>
        this.#graves.filter(
          (o) => r.resource === 'events' && (!namespace || o.metadata.namespace === namespace),
        ) as Stored<T>[],
      exec: (target, command) => this.#probes.exec(target, command),
      fetch: (path) => this.#probes.fetch(path),
      answer: (name) => this.#answers.read(name),
      now: () => clock.now(),
      activatedAt,
      wakeIn: (ms) => void wakes.push(ms),
    };
  }
}

function initialVerdict(check: Check, now: number): Verdict {
  const { id, title, weight, guard } = check;
  return {
    id,
    title,
    weight,
    guard,
    status: 'pending',
    expected: '',
    actual: 'not judged yet',
    why: '',
    evidence: [],
    since: now,
    scored: 'fail',
  };
}
