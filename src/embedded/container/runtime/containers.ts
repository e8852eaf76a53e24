import type { ContainerSpec, RunningContainer } from '../../container-api.ts';
import type { HandlersOf } from '../protocol.ts';
import type { WorkerClient } from '../worker-client.ts';
import { Container, type ContainerHooks } from './container.ts';
import type { Sessions } from './sessions.ts';
import { RuntimeStartFailure } from './start-failure.ts';

/** A container with whoever waits for its start. */
interface Started {
  container: Container;
  start: PromiseWithResolvers<RunningContainer>;
}

/** The containers that start or run. */
export class Containers {
  readonly #worker: WorkerClient;
  readonly #hooks: ContainerHooks;
  readonly #all = new Map<number, Started>();

  constructor(worker: WorkerClient, sessions: Sessions) {
    this.#worker = worker;
    this.#hooks = {
      send: (message) => worker.send(message),
      openSession: (stdin) => sessions.open(stdin),
    };
  }

  readonly handlers: HandlersOf<'started' | 'startFailed' | 'output' | 'exited'> = {
    started: ({ container: number }) => {
      const started = this.#all.get(number);
      started?.start.resolve(started.container);
    },
    startFailed: ({ container: number, reason, message, exitCode }) => {
      const started = this.#all.get(number);
      this.#all.delete(number);
      started?.start.reject(new RuntimeStartFailure(reason, message, exitCode));
      // Whoever ends everything waits for what was about to start, too.
      started?.container.ended({ exitCode });
    },
    output: ({ container: number, stream, data }) => this.#all.get(number)?.container.output(stream, data),
    exited: ({ container: number, exit }) => {
      this.#all.get(number)?.container.ended(exit);
      this.#all.delete(number);
    },
  };

  get size(): number {
    return this.#all.size;
  }

  /** `now`: the time of the cluster's own clock, if it has one. */
  start(spec: ContainerSpec, now: number | undefined): Promise<RunningContainer> {
    const number = this.#worker.newId();
    const start = Promise.withResolvers<RunningContainer>();
    this.#all.set(number, { container: new Container(spec.id, number, this.#hooks), start });
    this.#worker.send({ t: 'start', container: number, spec, now });
    return start.promise;
  }

  /** Resolves when all that start or run now have ended. */
  async ended(): Promise<void> {
    await Promise.all([...this.#all.values()].map(({ container }) => container.exited));
  }

  /** The worker died: all are gone as if they had been killed. */
  lost(): void {
    for (const { container, start } of [...this.#all.values()]) {
      start.reject(new RuntimeStartFailure('ContainerCannotRun', 'the container runtime was restarted', 128));
      container.ended({ exitCode: 137, signal: 9 });
    }
    this.#all.clear();
  }
}
