import type { Evidence } from '../../src/checks/types.ts';
import type { Diagnosis } from '../../src/cluster/provider.ts';
import { UserError } from '../../src/kernel/errors.ts';
import type { PrintedObject } from '../../src/kube/tables.ts';
import type { CoachLevel } from '../../src/session/coach-level.ts';
import type { Progress } from '../../src/session/progress.ts';
import type { RemoteLabs } from '../../src/session/remote-labs.ts';
import type { Review } from '../../src/session/review.ts';
import type { AttemptState, CheckView } from '../../src/session/types.ts';
import type { LabsAccess } from '../../src/tui/access.ts';
import { fakeLabs } from '../helpers/fake-labs.ts';
import { labState } from './fixtures.ts';

const hintTexts = ['first hint', 'second hint'];

/** A daemon of one attempt, in memory: a test moves its state and reads what was asked of it. */
export class FakeLabs {
  readonly asked: string[] = [];
  readonly access: LabsAccess;
  state: AttemptState | undefined;
  progress: Progress = new Map();
  objects: PrintedObject[] = [];
  due: Review[] = [];
  findings: Diagnosis[] = [{ subject: 'kubectl', ok: true, text: '1.35.2' }];
  /** What the daemon finds behind a verdict. */
  chain: Evidence[] = [];
  /** What there is to ask about a check. */
  full: CheckView | undefined;
  /** What the answer to a reset waits for. */
  resetAnswer = Promise.resolve();
  /** What kubectl waits for. */
  kubectlAnswer = Promise.resolve();
  /** Whether what is typed is kept for the shell. */
  held = false;
  /** What the next call fails with. */
  failure: Error | undefined;
  /** What judging anew fails with. */
  checkFailure: Error | undefined;
  #listeners = new Map<(state: AttemptState) => unknown, (error: Error) => void>();

  constructor(state?: AttemptState) {
    this.state = state;
    const labs = this.#labs();
    this.access = {
      labs: async () => {
        this.#fail();
        return labs;
      },
      progress: async () => this.progress,
      due: async () => this.due,
      freshSeed: async () => 7,
      report: async (attempt) => `# How ${attempt} went`,
      diagnose: async () => this.findings,
      objects: async (_, { onObjects }) => onObjects(this.objects),
      kubectlText: async (_, args) => `kubectl printed ${args.join(' ')}`,
      kubectl: async () => {
        await this.kubectlAnswer;
        return { file: '/bin/kubectl', version: 'v1.35.2', minor: 35 };
      },
      shell: async (lab) => void this.asked.push(`shell ${lab.id}`),
    };
  }

  readonly hold = () => {
    this.held = true;
    return {
      forward: () => undefined,
      end: () => {
        this.held = false;
      },
    };
  };

  /** Everybody who follows sees this. */
  show(more: Partial<AttemptState>): void {
    this.state = { ...(this.state ?? labState()), ...more };
    for (const listener of this.#listeners.keys()) listener(this.state);
  }

  /** Everybody who follows is notified that the daemon has gone. */
  disconnect(error: Error): void {
    const rejects = [...this.#listeners.values()];
    this.#listeners.clear();
    for (const reject of rejects) reject(error);
  }

  #fail(): void {
    const { failure } = this;
    this.failure = undefined;
    if (failure) throw failure;
  }

  #now(): AttemptState {
    if (!this.state) throw new UserError({ what: 'no attempt is running' });
    return this.state;
  }

  #labs(): RemoteLabs {
    const ask = <T>(what: string, answer: () => T): T => {
      this.asked.push(what);
      this.#fail();
      return answer();
    };
    const labs = fakeLabs({
      start: async ({ scenario, seed }) =>
        ask(seed === undefined ? `start ${scenario}` : `start ${scenario} seed ${seed}`, () => {
          this.state ??= labState({ scenario: { pack: 'p', id: scenario, seed: 1 } });
          return this.state;
        }),
      attempts: async () => ask('attempts', () => (this.state ? [this.state] : [])),
      attempt: async () => this.#now(),
      check: async ({ id } = {}) =>
        ask(`check ${id}`, () => {
          if (this.checkFailure) throw this.checkFailure;
          return this.#now();
        }),
      follow: (_, { onEvent = () => undefined, signal } = {}) =>
        ask('follow', () => {
          onEvent(this.#now());
          return new Promise<void>((resolve, reject) => {
            this.#listeners.set(onEvent, reject);
            signal?.addEventListener('abort', () => {
              this.#listeners.delete(onEvent);
              resolve();
            });
          });
        }),
      explain: async ({ check }) =>
        ask(`explain ${check}`, () => {
          const verdict = this.#now().verdicts.find((v) => v.id === check);
          return verdict && { ...verdict, evidence: [...verdict.evidence, ...this.chain] };
        }),
      ask: async ({ check, price }) =>
        ask(`ask ${check} ${price}`, () => {
          const before = this.#now().verdicts.find((v) => v.id === check);
          if (!before?.next || !this.full) return before;
          const { level } = before.next;
          const { actual, why } = this.full;
          const next = level < 3 ? { next: { level: (level + 1) as CoachLevel, price: 3 * level } } : {};
          const view = { ...this.full, level, actual, why: level > 1 ? why : '', ...next };
          this.show({ verdicts: this.#now().verdicts.map((v) => (v.id === check ? view : v)) });
          return view;
        }),
      hint: async () =>
        ask('hint', () => {
          const { taken, total } = this.#now().hints;
          const hint = { text: hintTexts[taken.length] ?? '', price: 5 };
          const left = total - taken.length - 1;
          this.show({ hints: { taken: [...taken, hint], paid: 5, total, ...(left > 0 ? { nextPrice: 5 } : {}) } });
          return { ...hint, observed: false, left };
        }),
      solution: async () =>
        ask('solution', () => {
          this.show({ sawSolution: true });
          return [{ name: 'reference', text: 'kubectl create role' }];
        }),
      debrief: async () => ask('debrief', () => 'why it broke'),
      reset: async () =>
        ask('reset', async () => {
          await this.resetAnswer;
          return this.#now();
        }),
      stop: async ({ id } = {}) =>
        ask(`stop ${id}`, () => {
          const state = this.#now();
          this.state = undefined;
          return state;
        }),
    });
    return { ...labs, closed: new Promise(() => undefined), close: () => undefined };
  }
}
