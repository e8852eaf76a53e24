import * as z from 'zod';
import { UserError } from './errors.ts';
import type { Contract, MethodOptions, Methods } from './rpc-contract.ts';
import type { CallContext, Handler, Handlers } from './rpc-server.ts';

type Untyped = (params: unknown, options: MethodOptions<unknown>) => Promise<unknown>;

/** Runs what answers a call of a method. */
export type Around = (method: string, run: () => Promise<unknown>) => Promise<unknown>;

/** What serves a contract: parameters are checked, events go out at the pace of their reader. */
export function handlersOf<C extends Contract>(
  contract: C,
  methods: Methods<NoInfer<C>>,
  around: Around = (_, run) => run(),
): Handlers {
  const untyped = methods as unknown as Record<string, Untyped>;
  const handlers = Object.entries(contract).map(([name, { params, events }]) => {
    const run = (given: unknown, context: CallContext) => {
      const onEvent = events === 'newest' ? newest(context) : every(context);
      return around(name, async () => untyped[name]?.(given, { onEvent, signal: context.signal }));
    };
    return [name, verb(params, run)];
  });
  return Object.fromEntries(handlers);
}

/** A handler whose parameters are checked: what does not fit is answered with a UserError that says what. */
export function verb<Schema extends z.ZodType>(
  schema: Schema,
  run: (params: z.output<Schema>, context: CallContext) => unknown,
): Handler {
  return (params, context) => {
    const parsed = schema.safeParse(params ?? {});
    if (parsed.success) return run(parsed.data, context);
    throw new UserError({
      what: 'the parameters of this call are not as they should be',
      why: z.prettifyError(parsed.error).replaceAll('\n', ' '),
    });
  };
}

/** Sends events; of those that come while the caller still reads, the last one. */
function newest({ emit, drained }: CallContext): (event: unknown) => void {
  let waiting: unknown;
  let sending = false;
  const send = async () => {
    sending = true;
    for (let next = waiting; next !== undefined; next = waiting) {
      waiting = undefined;
      emit(next);
      await drained();
    }
    sending = false;
  };
  return (event) => {
    waiting = event;
    if (!sending) void send();
  };
}

/** Sends all events; whoever has many waits for what it returns. */
function every({ emit, drained }: CallContext): (event: unknown) => Promise<void> {
  return (event) => {
    emit(event);
    return drained();
  };
}
