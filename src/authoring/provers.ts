import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Socket } from 'node:net';
import * as z from 'zod';
import { EnvironmentError } from '../kernel/errors.ts';
import { type RpcClient, rpcOver } from '../kernel/rpc.ts';
import { type Contract, methodsOver } from '../kernel/rpc-contract.ts';
import { handlersOf } from '../kernel/rpc-handlers.ts';
import { serveRpcOver } from '../kernel/rpc-server.ts';
import type { ProofContext, ProofOrder, ProofOutcome, Prover } from './proof.ts';

/** The descriptor over which a process that proves is asked. */
const line = 3;

/** Both ends are this very program: what it sends itself is not looked at. */
const proverContract = {
  prove: {
    params: z.custom<ProofOrder>(),
    event: z.literal('prepared'),
    result: z.custom<ProofOutcome>(),
    aborting: 'waits',
  },
} satisfies Contract;

/** Provers in processes of their own, as a processor each: clusters and checks of one process share a thread. */
export interface ProverProcesses {
  readonly provers: readonly Prover[];
  /** Resolves when they have ended, and their clusters with them. */
  stop(): Promise<void>;
}

/** Starts processes that call `serveProver`. `command`: executable and arguments. */
export function startProverProcesses(command: readonly string[], count: number): ProverProcesses {
  const processes = Array.from({ length: count }, () => new ProverProcess(command));
  return {
    provers: processes,
    stop: async () => {
      await Promise.all(processes.map((one) => one.stop()));
    },
  };
}

class ProverProcess implements Prover {
  readonly #client: RpcClient;
  readonly #exit: Promise<unknown>;
  #end = 'it has ended';

  constructor([file = process.execPath, ...args]: readonly string[]) {
    // The channel of node tells it that it was started by this program.
    const child = spawn(file, args, { stdio: ['ignore', 'ignore', 'inherit', 'pipe', 'ipc'] });
    child.once('error', (error) => {
      this.#end = error.message;
    });
    child.once('exit', (code, signal) => {
      this.#end = signal ? `it was killed by ${signal}` : `it ended with exit code ${code}`;
    });
    // How it ended is in `#end`, whichever it was.
    this.#exit = Promise.race([once(child, 'exit'), once(child, 'error')]).catch(() => undefined);
    this.#client = rpcOver(child.stdio[line] as Socket, { lost: () => this.#lost() });
  }

  async prove(order: ProofOrder, { signal, prepared }: ProofContext): Promise<ProofOutcome> {
    const { prove } = methodsOver(this.#client, proverContract);
    return prove(order, { signal, onEvent: prepared }).catch(async (error) => {
      if (!(error instanceof ProverLost)) throw error;
      // Its line breaks before it is known how it ended.
      await this.#exit;
      throw this.#lost();
    });
  }

  async stop(): Promise<void> {
    this.#client.close();
    await this.#exit;
  }

  #lost(): ProverLost {
    return new ProverLost({ what: 'a process that proves scenarios is gone', why: this.#end, next: 'try again' });
  }
}

class ProverLost extends EnvironmentError {}

/** Makes proofs for the process that started this one; resolves when that one has no more, or is gone. */
export async function serveProver(prover: Prover): Promise<void> {
  // A terminal's Ctrl-C reaches its whole foreground: who started us says when to stop.
  for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);
  const socket = new Socket({ fd: line });
  const running = new Set<Promise<unknown>>();
  const handlers = handlersOf(proverContract, {
    prove: async (order, { signal = new AbortController().signal, onEvent } = {}) => {
      const proving = prover.prove(order, { signal, prepared: () => void onEvent?.('prepared') });
      running.add(proving);
      try {
        return await proving;
      } finally {
        running.delete(proving);
      }
    },
  });
  serveRpcOver(socket, handlers);
  await once(socket, 'close');
  await Promise.allSettled(running);
}
