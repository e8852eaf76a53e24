import type { HandlersOf } from '../protocol.ts';
import type { WorkerClient } from '../worker-client.ts';
import { Session } from './session.ts';

/** The execs, attaches and connections that are open. */
export class Sessions {
  readonly #worker: WorkerClient;
  readonly #open = new Map<number, Session>();

  constructor(worker: WorkerClient) {
    this.#worker = worker;
  }

  readonly handlers: HandlersOf<'sessionStarted' | 'sessionOutput' | 'sessionEnd' | 'ackInput'> = {
    sessionStarted: ({ session }) => this.#open.get(session)?.started(),
    sessionOutput: ({ session, stream, data }) => this.#open.get(session)?.output(stream, data),
    sessionEnd: ({ session, code, error }) => {
      this.#open.get(session)?.ended(code, error);
      this.#open.delete(session);
    },
    ackInput: ({ session, bytes }) => this.#open.get(session)?.inputTaken(bytes),
  };

  open(stdin: boolean): Session {
    const session = new Session(this.#worker.newId(), (message) => this.#worker.send(message), stdin);
    this.#open.set(session.id, session);
    return session;
  }

  /** The worker died, and with it the processes at the other ends. */
  lost(): void {
    for (const session of [...this.#open.values()]) session.ended(137, undefined);
    this.#open.clear();
  }
}
