import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Check } from '../checks/types.ts';
import type { AnswerChange } from '../grading/answers.ts';
import { type BaselineData, baselineOf, captureBaseline } from '../grading/baseline.ts';
import type { FeedNamespaces } from '../grading/feed.ts';
import { Grader } from '../grading/grader.ts';
import { scoreOf, type Verdict } from '../grading/types.ts';
import type { Clock } from '../kernel/clock.ts';
import { conditionsOf, type Scenario } from '../scenario/types.ts';
import type { ClusterConnection } from './cluster-connection.ts';
import { ClusterWatch } from './cluster-watch.ts';
import { helpPrice } from './coach.ts';
import type { AttemptEventBody } from './events.ts';
import type { AttemptFold } from './fold.ts';

/** So many characters of an answer are kept in the log. */
const longestAnswer = 2_000;

export interface LiveGradingOptions {
  scenario: Scenario;
  connection: ClusterConnection;
  clock: Clock;
  /** The attempt's own folder: answers, and the baseline between restarts. */
  folder: string;
  /** The attempt as its log tells it now. */
  fold: Readonly<AttemptFold>;
  /** Aborted when the attempt is closed. */
  signal: AbortSignal;
  /** Whether changes of the cluster are told. */
  feed: boolean;
  record(body: AttemptEventBody): Promise<void>;
  /** There is something new to show. */
  onChange(): void;
  /** Somebody has changed something in the cluster. */
  onActivity(): void;
}

/** Grades an attempt from its start or reset on, and says what keeps it from being graded. */
export class LiveGrading {
  readonly #options: LiveGradingOptions;
  #grader: Grader | undefined;
  #watch: ClusterWatch | undefined;
  readonly #verdicts = new Map<string, Verdict>();
  /** Why nothing can be judged now, by where the trouble is. */
  readonly #troubles = new Map<'cluster' | 'disk', string>();

  constructor(options: LiveGradingOptions) {
    this.#options = options;
  }

  /** Keeps what the cluster is now as what later changes are compared with. */
  async captureBaseline(): Promise<void> {
    const { scenario, connection } = this.#options;
    const client = await connection.client();
    const baseline = await captureBaseline(client, [...scenario.checks, ...conditionsOf(scenario)]);
    await writeFile(this.#baselineFile, JSON.stringify(baseline), { mode: 0o600 });
  }

  /** Grades from now on; resolves when each check was judged once. */
  async begin(): Promise<void> {
    const { scenario, connection, clock, folder, fold, signal, record, onChange, onActivity } = this.#options;
    const client = await connection.client();
    const activatedAt = fold.activatedAt ?? clock.now();
    const baseline = JSON.parse(await readFile(this.#baselineFile, 'utf8')) as BaselineData;
    signal.throwIfAborted();
    this.#grader?.stop();
    const grader = new Grader({
      client,
      checks: scenario.checks,
      conditions: conditionsOf(scenario),
      baseline: baselineOf(baseline),
      clock,
      activatedAt,
      memory: structuredClone(fold.memory),
      answers: join(folder, 'answers'),
      feed: this.#feed(),
      onVerdict: (verdict) => this.#onVerdict(grader, verdict),
      onCondition: onChange,
      onAnswer: (change) => this.#onAnswer(change),
      onActivity: (activity) => {
        onActivity();
        void record({ type: 'activity', activity });
        onChange();
      },
      onMemory: (memory) => void record({ type: 'memory', memory }),
    });
    this.#grader = grader;
    // From the beginning: a cluster that is not there would be waited for without a word.
    this.#watch ??= this.#watchOver();
    await grader.start();
    if (this.#grader !== grader) return;
    for (const verdict of grader.verdicts()) this.#verdicts.set(verdict.id, verdict);
    onChange();
  }

  /** The verdicts so far, in the order of the scenario. */
  verdicts(): Verdict[] {
    return this.#options.scenario.checks.flatMap(({ id }) => this.#verdicts.get(id) ?? []);
  }

  /** Whether a condition holds now; false where nothing is judged. */
  holds(condition: Check): boolean {
    return this.#grader?.holds(condition) ?? false;
  }

  /** A check's verdict with the whole chain of evidence; undefined: there is no such check, or nothing is judged now. */
  async explain(check: string): Promise<Verdict | undefined> {
    return (await this.#grader?.explain(check)) ?? this.#verdicts.get(check);
  }

  /** The verdicts once they have settled (see Grader.settled), after `atMost` milliseconds in any case. */
  async settled(atMost: number): Promise<Verdict[]> {
    return (await this.#grader?.settled(atMost)) ?? [];
  }

  /** Resolves when no verdict has moved for `ms` milliseconds (at most ten times that). */
  async quiet(ms: number): Promise<void> {
    await this.#grader?.quiet(ms, 10 * ms);
  }

  /** Nothing can be judged: verdicts become errors, and the clock stands. */
  noteTrouble(where: 'cluster' | 'disk', reason: string): void {
    const first = this.#troubles.size === 0;
    if (this.#troubles.get(where) === reason) return;
    this.#troubles.set(where, reason);
    if (first) void this.#options.record({ type: 'suspended' });
    this.#grader?.distrust(reason);
    this.#options.onChange();
  }

  /** Begins to judge anew when the last trouble is over: what was missed meanwhile is listed again. */
  async recover(where: 'cluster' | 'disk'): Promise<void> {
    if (!this.#troubles.delete(where) || this.#troubles.size > 0) return;
    await this.#options.record({ type: 'resumed' });
    try {
      await this.#options.connection.close();
      await this.begin();
    } catch (error) {
      if (!this.#options.signal.aborted) this.noteTrouble(where, (error as Error).message);
    }
  }

  /** What kubedrill does to the learner's own file is never without a word. */
  tellOfKubeconfig(detail: string): void {
    const { clock, record, onChange } = this.#options;
    const common = { change: '~', kind: 'file', name: 'kubeconfig', manager: 'kubedrill' } as const;
    void record({ type: 'mended', activity: { time: clock.now(), ...common, detail } });
    onChange();
  }

  /** Judges no more; the verdicts so far stay. */
  stop(): void {
    this.#watch?.stop();
    this.#watch = undefined;
    this.#troubles.clear();
    this.#grader?.stop();
    this.#grader = undefined;
  }

  /** Judges no more, and forgets what was judged. */
  clear(): void {
    this.stop();
    this.#verdicts.clear();
  }

  get #baselineFile(): string {
    return join(this.#options.folder, 'baseline.json');
  }

  /** Whose changes are told. */
  #feed(): FeedNamespaces {
    const { feed, scenario, connection } = this.#options;
    if (!feed) return [];
    // Elsewhere there may be others at work, and rights only for some namespaces.
    return connection.cluster.provider === 'kubeconfig' ? scenario.namespaces : 'everywhere';
  }

  #watchOver(): ClusterWatch {
    const { connection, clock } = this.#options;
    return new ClusterWatch({
      cluster: connection.cluster,
      clock,
      onTrouble: (reason) => this.noteTrouble('cluster', reason),
      onRecovery: () => void this.recover('cluster'),
      onMend: (what) => this.tellOfKubeconfig(what),
    });
  }

  /** What stands in an answer file is kept as it changes: after a restart it is the same still. */
  #onAnswer({ file, text }: AnswerChange): void {
    const { fold, record } = this.#options;
    const kept = text?.slice(0, longestAnswer);
    if (fold.answers.get(file) === kept) return;
    void record({ type: 'answer', file, ...(kept !== undefined && { text: kept }) });
  }

  #onVerdict(grader: Grader, verdict: Verdict): void {
    if (this.#grader !== grader) return;
    const { scenario, fold, record, onChange } = this.#options;
    const before = this.#verdicts.get(verdict.id);
    this.#verdicts.set(verdict.id, verdict);
    const { id, status, actual, why } = verdict;
    if (before?.status !== status) void record({ type: 'verdict', check: id, status, actual, why });
    const { score, max, solved } = scoreOf([...this.#verdicts.values()], helpPrice(fold));
    const complete = this.#verdicts.size === scenario.checks.length;
    if (solved && complete && fold.solvedAt === undefined) void record({ type: 'solved', score, max });
    onChange();
  }
}
