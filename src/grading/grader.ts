import { periodOf } from '../checks/registry.ts';
import type { Baseline, Check, ClusterView, WorkloadRef } from '../checks/types.ts';
import { podsOf } from '../checks/workloads/workload.ts';
import { spend } from '../kernel/budget.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Pod } from '../kube/api.gen.ts';
import type { KubeClient } from '../kube/client.ts';
import type { KubeObject, Resource, Stored } from '../kube/meta.ts';
import type { Change } from '../kube/reflector.ts';
import { type AnswerChange, Answers } from './answers.ts';
import { Evaluation, type ResourceNeed } from './evaluation.ts';
import { explainVerdict } from './explanation.ts';
import { Feed, type FeedNamespaces } from './feed.ts';
import { LogFollowers } from './log-followers.ts';
import { Mirror, same } from './mirror.ts';
import { Probes } from './probes.ts';
import { Quiet } from './quiet.ts';
import { Reviews } from './reviews.ts';
import type { Activity, GraderMemory, Verdict } from './types.ts';
import { applyGates, applyMode, nextVerdict } from './verdict.ts';

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
  /** Whose changes the activity feed tells. Default: no feed. */
  feed?: FeedNamespaces;
  onVerdict?(verdict: Verdict): void;
  /** A condition holds now, or no longer. */
  onCondition?(): void;
  onActivity?(activity: Activity): void;
  onMemory?(memory: GraderMemory): void;
  /** A file that a check looks at as an answer was looked at for the first time, or is another one now. */
  onAnswer?(change: AnswerChange): void;
}

/** Whatever a check does with an object costs at least so many steps. */
const stepsOfObject = 10;

/** Deleted Events that are remembered. */
const keptEvents = 500;

/** How long verdicts have to stand still at least before they have settled, milliseconds. */
const shortestQuiet = 500;

/** Resources whose changes may give a workload other Pods. */
const owners = ['pods', 'replicasets', 'deployments', 'jobs'];

/**
 * Judges checks live: a change of the cluster wakes only the checks that look at it. Reads the cluster through its
 * API only; writes nothing but access reviews.
 */
export class Grader {
  readonly #options: GraderOptions;
  readonly #checks: readonly Evaluation[];
  readonly #mirror: Mirror;
  readonly #followers: LogFollowers;
  readonly #reviews: Reviews;
  readonly #probes: Probes;
  readonly #answers: Answers;
  readonly #feed: Feed;
  readonly #quiet: Quiet;
  readonly #deletedEvents: Stored[] = [];
  #memory: GraderMemory;
  #trouble: string | undefined;
  readonly #distrusted = Promise.withResolvers<void>();
  /** Resolves when it is told to stop. */
  readonly #end = Promise.withResolvers<void>();
  #active = false;
  #stopped = false;

  constructor(options: GraderOptions) {
    const { client, clock, checks, conditions = [] } = options;
    this.#options = options;
    this.#memory = options.memory ?? { latched: [], heldSince: {} };
    this.#quiet = new Quiet(clock);
    this.#mirror = new Mirror({
      client,
      clock,
      onChange: (change) => this.#onChange(change),
      onHealth: () => this.#wake(),
    });
    this.#followers = new LogFollowers({
      client,
      clock,
      since: () => options.activatedAt,
      lastWords: options.lastWords ?? false,
      onChange: () => this.#wakeThoseOf('logs'),
    });
    this.#reviews = new Reviews(client, clock, () => {
      this.#wakeThoseOf('review');
      this.#quiet.wake();
    });
    this.#probes = new Probes(client, clock);
    this.#answers = new Answers(options.answers, clock, (change) => {
      options.onAnswer?.(change);
      this.#wakeThoseOf('answer');
    });
    this.#feed = new Feed({
      clock,
      mirror: this.#mirror,
      namespaces: options.feed ?? [],
      onActivity: (activity) => options.onActivity?.(activity),
    });
    const judging = {
      clock,
      view: (wakes: number[]) => this.#viewFor(wakes),
      troubleOf: (needs: readonly ResourceNeed[]) => this.#trouble ?? this.#mirror.errorOf(needs),
      onOutcome: (evaluation: Evaluation) => this.#publish(evaluation),
      onIdle: () => this.#quiet.wake(),
    };
    this.#checks = [
      ...checks.map((check) => new Evaluation(check, true, judging)),
      ...conditions.map((condition) => new Evaluation(condition, false, judging)),
    ];
  }

  /** Resolves when everything the checks look at is mirrored (or distrusted) and each has been judged once. */
  async start(): Promise<void> {
    const needs = this.#checks.flatMap((e) => e.needs);
    this.#mirror.add([...needs.filter((n) => n.kind === 'resource'), ...this.#feed.needs()]);
    await Promise.race([this.#mirror.synced(), this.#distrusted.promise, this.#end.promise]);
    if (this.#stopped) return;
    this.#active = true;
    this.#followLogs();
    this.#answers.follow(needs.flatMap((n) => (n.kind === 'answer' ? [n.name] : [])));
    await Promise.all(this.#checks.map((e) => e.wake()));
  }

  verdicts(): Verdict[] {
    return this.#graded().map((e) => e.verdict);
  }

  /**
   * A check's verdict with the chain of evidence from what the check saw to its cause: what the check has no need of
   * itself is read now. Undefined: there is no such check.
   */
  async explain(id: string): Promise<Verdict | undefined> {
    const found = this.#graded().find((e) => e.check.id === id);
    const { client, clock } = this.#options;
    return found && explainVerdict(found.verdict, found.outcome, client, clock);
  }

  /** Whether a condition holds now. */
  holds(condition: Check): boolean {
    return this.#checks.some((e) => e.check === condition && e.verdict.status === 'pass');
  }

  #graded(): Evaluation[] {
    return this.#checks.filter((e) => e.graded);
  }

  /**
   * Resolves with the verdicts once what the cluster is now has been judged, none is pending or in error and none has
   * changed for twice the longest period that a check declares; after `atMost` milliseconds in any case.
   */
  async settled(atMost: number): Promise<Verdict[]> {
    const { clock } = this.#options;
    const end = clock.now() + atMost;
    await this.#caughtUp(atMost);
    // Not everything that checks look at tells when it changes: files in containers don't.
    this.#wake();
    this.#quiet.changed();
    const quietFor = Math.max(shortestQuiet, ...this.#graded().map((e) => 2 * periodOf(e.check)));
    const isOpen = () =>
      this.#reviews.propagating ||
      this.#checks.some(
        (e) => e.running || e.verdict.status === 'pending' || (e.graded && e.verdict.status === 'error'),
      );
    await this.#quiet.wait(quietFor, end - clock.now(), isOpen);
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
    this.#wake();
    this.#quiet.changed();
    await this.#quiet.wait(ms, atMost, () => this.#checks.some((e) => e.running));
  }

  /** What the cluster shows can't be relied on: every verdict is an error, for this reason. */
  distrust(reason: string): void {
    this.#trouble = reason;
    this.#distrusted.resolve();
    for (const evaluation of this.#checks) evaluation.interrupt();
    this.#wake();
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
    for (const evaluation of this.#checks) evaluation.stop();
    this.#quiet.stop();
  }

  #onChange(change: Change): void {
    if (this.#stopped) return;
    const { resource, object, old } = change;
    this.#reviews.onChange(resource);
    if (!object && old && resource.resource === 'events') this.#keepEvent(old);
    if (!this.#active) return;
    if (owners.includes(resource.resource)) this.#followLogs();
    const namespace = (object ?? old)?.metadata.namespace;
    this.#wake(({ needs }) =>
      needs.some(
        (n) => n.kind === 'resource' && same(n.resource, resource) && (!n.namespace || n.namespace === namespace),
      ),
    );
    this.#feed.take(change);
  }

  #keepEvent(event: Stored): void {
    this.#deletedEvents.push(event);
    if (this.#deletedEvents.length > keptEvents) this.#deletedEvents.shift();
  }

  #followLogs(): void {
    const pods = new Map<string, Stored<Pod>>();
    for (const need of this.#checks.flatMap((e) => e.needs)) {
      if (need.kind === 'logs') for (const pod of podsOf(this.#mirror, need.workload)) pods.set(pod.metadata.uid, pod);
    }
    this.#followers.follow([...pods.values()]);
  }

  #wake(which: (evaluation: Evaluation) => boolean = () => true): void {
    if (!this.#active) return;
    for (const evaluation of this.#checks) if (which(evaluation)) void evaluation.wake();
  }

  #wakeThoseOf(kind: 'logs' | 'answer' | 'review'): void {
    this.#wake(({ needs }) => needs.some((need) => need.kind === kind));
  }

  /** Applies gates and mode, and tells if anything has changed. */
  #publish(evaluation: Evaluation): void {
    const { check, outcome, verdict: before } = evaluation;
    if (!outcome) return;
    const now = this.#options.clock.now();
    const gated = applyGates(
      check,
      outcome,
      this.#checks.map((e) => e.verdict),
    );
    const counted = applyMode(check, gated, this.#memory, now);
    if (counted.memory) this.#remember(counted.memory);
    if (counted.wakeIn !== undefined) evaluation.wakeIn(counted.wakeIn);
    const verdict = nextVerdict(check, counted.outcome, before, now);
    evaluation.verdict = verdict;
    const { status, actual, why } = verdict;
    if (!evaluation.graded) {
      if ((before.status === 'pass') !== (status === 'pass')) this.#options.onCondition?.();
      return;
    }
    if (before.status === status && before.actual === actual && before.why === why) return;
    if (before.status !== status) {
      this.#quiet.changed();
      for (const other of this.#checks) if (other.check.after.includes(check.id)) this.#publish(other);
    }
    this.#options.onVerdict?.(verdict);
    this.#quiet.wake();
  }

  #remember(memory: GraderMemory): void {
    this.#memory = memory;
    this.#options.onMemory?.(structuredClone(memory));
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
        this.#deletedEvents.filter(
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
