import * as z from 'zod';
import { EnvironmentError } from './errors.ts';
import type { RpcClient } from './rpc.ts';

/** One method that can be called over a connection: what crosses that, and what both sides do about it. */
export interface Verb {
  params: z.ZodType;
  /** Of those before the answer. */
  event?: z.ZodType;
  result: z.ZodType;
  /** `newest`: of the events that come while the caller still reads, only the last one is sent. Default: all are. */
  events?: 'newest';
  /** Milliseconds after which the caller waits for no answer. Default: it may take as long as it takes. */
  limit?: number;
  /**
   * What a call does that is aborted. `waits`: it ends when its handler has, as that has something to clean up. `ends`: it
   * resolves, as nothing else ends it. Default: it rejects at once.
   */
  aborting?: 'waits' | 'ends';
}

/** What a server is asked, by method: whoever answers, whoever asks and whoever plays the server is made from it. */
export type Contract = Readonly<Record<string, Verb>>;

export interface MethodOptions<Event> {
  /** If it returns a promise, the server may wait for it. */
  onEvent?: ((event: Event) => unknown) | undefined;
  signal?: AbortSignal | undefined;
}

type Params<V extends Verb> = z.output<V['params']>;
type EventOf<V extends Verb> = V extends { event: z.ZodType<infer Event> } ? Event : never;
type ResultOf<V extends Verb> = Promise<z.output<V['result']>>;

/** Parameters of which none is required may be left out. */
export type Method<V extends Verb> =
  Record<never, never> extends Params<V>
    ? (params?: Params<V>, options?: MethodOptions<EventOf<V>>) => ResultOf<V>
    : (params: Params<V>, options?: MethodOptions<EventOf<V>>) => ResultOf<V>;

/** A contract as an object with a function for each method. */
export type Methods<C extends Contract> = { [Name in keyof C]: Method<C[Name]> };

/**
 * The methods of a contract, called over a connection. An event or an answer that is not as agreed ends its call with an
 * EnvironmentError. `interrupted` aborts the calls that are given no signal of their own.
 */
export function methodsOver<C extends Contract>(client: RpcClient, contract: C, interrupted?: AbortSignal): Methods<C> {
  const methods = Object.entries(contract).map(([name, verb]) => [name, methodOver(client, name, verb, interrupted)]);
  return Object.fromEntries(methods) as Methods<C>;
}

function methodOver(client: RpcClient, name: string, verb: Verb, interrupted: AbortSignal | undefined) {
  const { event, result, limit, aborting } = verb;
  return async (params?: unknown, { onEvent, signal = interrupted }: MethodOptions<unknown> = {}): Promise<unknown> => {
    const agreed = event && onEvent && ((value: unknown) => onEvent(parsed(event, value, `an event of ${name}`)));
    const options = { signal, limit, onEvent: agreed, abandon: aborting !== 'waits' };
    try {
      const answer = await client.call(name, params, options);
      return parsed(result, answer ?? undefined, `the answer to ${name}`);
    } catch (error) {
      if (aborting === 'ends' && signal?.aborted) return undefined;
      throw error;
    }
  };
}

function parsed(schema: z.ZodType, value: unknown, name: string): unknown {
  const { success, data, error } = schema.safeParse(value);
  if (success) return data;
  throw new EnvironmentError({
    what: `${name} is not as it should be`,
    why: z.prettifyError(error).replaceAll('\n', ' '),
    next: 'kubedrill daemon stop, which keeps the labs; then try again',
  });
}
