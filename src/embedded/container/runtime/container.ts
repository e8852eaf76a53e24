import { EventEmitter } from 'node:events';
import type { ProcessStreams } from '../../../kernel/process-streams.ts';
import type { EnvVar, ResourceRequirements } from '../../../kube/api.gen.ts';
import type { ContainerExit, RunningContainer } from '../../container-api.ts';
import { ACK_AFTER, type Files, type Stream, type ToWorker } from '../protocol.ts';
import type { Session } from './session.ts';

export interface ContainerHooks {
  send(message: ToWorker): void;
  openSession(stdin: boolean): Session;
}

/** The main thread's end of a container. */
export class Container implements RunningContainer {
  readonly id: string;
  readonly #number: number;
  readonly #hooks: ContainerHooks;
  readonly #events = new EventEmitter<{ output: [Stream, Uint8Array] }>();
  readonly #exit = Promise.withResolvers<ContainerExit>();
  /** Output from before somebody listened. */
  #early: [Stream, Uint8Array][] | undefined = [];
  #unacked = 0;

  /** `id`: of its spec; `number`: its name in messages. */
  constructor(id: string, number: number, hooks: ContainerHooks) {
    this.id = id;
    this.#number = number;
    this.#hooks = hooks;
    this.#events.setMaxListeners(0);
  }

  get exited(): Promise<ContainerExit> {
    return this.#exit.promise;
  }

  onOutput(listener: (stream: Stream, chunk: Uint8Array) => void): void {
    this.#events.on('output', listener);
    const early = this.#early;
    this.#early = undefined;
    for (const [stream, chunk] of early ?? []) listener(stream, chunk);
  }

  kill(signal: 'SIGTERM' | 'SIGKILL' | 'SIGINT' | 'SIGHUP' | 'SIGQUIT'): void {
    this.#hooks.send({ t: 'signal', container: this.#number, signal });
  }

  exec(options: { command: string[]; stdin: boolean; tty: boolean; env?: EnvVar[] }): ProcessStreams {
    const { command, stdin, tty, env = [] } = options;
    const session = this.#hooks.openSession(stdin);
    this.#hooks.send({ t: 'exec', container: this.#number, session: session.id, command, stdin, tty, env });
    return session.streams(tty);
  }

  attach(options: { stdin: boolean; tty: boolean }): ProcessStreams {
    const session = this.#hooks.openSession(options.stdin);
    this.#hooks.send({ t: 'attach', container: this.#number, session: session.id, ...options });
    return session.streams(options.tty);
  }

  updateFiles(id: string, files: Files): void {
    this.#hooks.send({ t: 'files', id, files });
  }

  update(resources: ResourceRequirements): void {
    this.#hooks.send({ t: 'limits', container: this.#number, resources });
  }

  output(stream: Stream, chunk: Uint8Array): void {
    this.#unacked += chunk.length;
    if (this.#unacked >= ACK_AFTER) {
      this.#hooks.send({ t: 'ackOutput', container: this.#number, bytes: this.#unacked });
      this.#unacked = 0;
    }
    if (this.#early) this.#early.push([stream, chunk]);
    else this.#events.emit('output', stream, chunk);
  }

  ended(exit: ContainerExit): void {
    this.#exit.resolve(exit);
  }
}
