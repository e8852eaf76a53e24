import { once } from 'node:events';
import { WebSocket } from 'ws';

interface Message {
  id?: number;
  method?: string;
  params?: { sessionId: string; workerInfo: { title: string } };
  error?: { message: string };
}

/** Runs code in a process and its threads, over the protocol of Node's inspector. */
export class Inspector {
  readonly #socket: WebSocket;
  readonly #answers = new Map<number, PromiseWithResolvers<void>>();
  /** By their titles, the sessions of threads. */
  readonly #threads = new Map<string, string>();
  #next = 1;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data) => this.#take(JSON.parse(String(data)) as Message));
  }

  /** `url`: as the process says where its debugger listens. */
  static async connect(url: string): Promise<Inspector> {
    const socket = new WebSocket(url);
    await once(socket, 'open');
    return new Inspector(socket);
  }

  evaluate(expression: string): Promise<void> {
    return this.#call('Runtime.evaluate', { expression });
  }

  /** In the thread of that name. */
  async evaluateIn(name: string, expression: string): Promise<void> {
    // Threads that run already are told of before the answer.
    await this.#call('NodeWorker.enable', { waitForDebuggerOnStart: false });
    const title = [...this.#threads.keys()].find((one) => one.includes(name));
    if (title === undefined) throw new Error(`there is no thread ${name}, but ${[...this.#threads.keys()].join(', ')}`);
    const message = JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression } });
    await this.#call('NodeWorker.sendMessageToWorker', { sessionId: this.#threads.get(title), message });
  }

  close(): void {
    this.#socket.close();
  }

  #call(method: string, params: object): Promise<void> {
    const id = this.#next++;
    const answer = Promise.withResolvers<void>();
    this.#answers.set(id, answer);
    this.#socket.send(JSON.stringify({ id, method, params }));
    return answer.promise;
  }

  #take({ id, method, params, error }: Message): void {
    if (method === 'NodeWorker.attachedToWorker' && params)
      this.#threads.set(params.workerInfo.title, params.sessionId);
    if (id === undefined) return;
    if (error) this.#answers.get(id)?.reject(new Error(error.message));
    else this.#answers.get(id)?.resolve();
  }
}
