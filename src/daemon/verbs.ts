import * as z from 'zod';
import { addonNames } from '../cluster/addons/names.ts';
import { Queue } from '../kernel/queue.ts';
import { type CallContext, type Handlers, verb } from '../kernel/rpc-server.ts';
import { workFor } from '../kernel/work.ts';
import type { LabHost } from '../session/lab-host.ts';
import type { AttemptState, NodeInput, NodeOutput } from '../session/types.ts';

const text = z.string().max(4096);
const none = z.object({});
const attemptOrNewest = z.object({ id: text.optional() });
const clusterId = z.object({ id: text });
const target = z.object({ files: z.array(text).max(100), context: text.optional() });
const clusterOptions = { nodeImage: text.optional(), target: target.optional() };
const command = z.array(z.string()).max(10_000);
const session = text;

const startRequest = z.object({
  ...clusterOptions,
  scenario: text,
  packFolder: text.optional(),
  provider: text,
  seed: z.int().optional(),
  resume: z.boolean().optional(),
});
const clusterRequest = z.object({
  ...clusterOptions,
  name: text.optional(),
  nodes: z.int().min(1).max(5).optional(),
  addons: z.array(z.enum(addonNames)).optional(),
  provider: text,
});
const nodeProcessRequest = z.object({
  id: text.optional(),
  node: text,
  command,
  tty: z.boolean(),
  session,
});
const nodeInput: z.ZodType<NodeInput> = z.union([
  z.object({ data: z.base64() }),
  z.object({ end: z.literal(true) }),
  z.object({ columns: z.int().min(0), rows: z.int().min(0) }),
]);

/**
 * What clients ask of the labs of this process, with the shape of the parameters. `ready`: attempts and clusters of an
 * earlier process are back; until then calls wait.
 */
export function labVerbs(host: LabHost, ready: Promise<void>): Handlers {
  /** What clients type into processes on nodes, by their sessions. */
  const inputs = new Map<string, Queue<NodeInput>>();
  const on = <Schema extends z.ZodType>(
    method: string,
    schema: Schema,
    run: (params: z.output<Schema>, context: CallContext) => unknown,
  ) => ({
    [method]: verb(schema, async (params, context) => {
      await ready;
      return workFor({ call: method }, () => run(params, context));
    }),
  });
  return {
    ...on('start', startRequest, (request, context) =>
      host.start(request, newest<AttemptState>(context), context.signal),
    ),
    ...on('attempts', none, () => host.attempts()),
    ...on('attempt', attemptOrNewest, ({ id }) => host.attempt(id)),
    ...on('check', attemptOrNewest, ({ id }) => host.check(id)),
    ...on('follow', attemptOrNewest, ({ id }, context) =>
      host.follow(id, newest<AttemptState>(context), context.signal),
    ),
    ...on('explain', z.object({ ...attemptOrNewest.shape, check: text }), ({ id, check }) => host.explain(check, id)),
    ...on('hint', attemptOrNewest, ({ id }) => host.hint(id)),
    ...on('solution', attemptOrNewest, ({ id }) => host.solution(id)),
    ...on('debrief', attemptOrNewest, ({ id }) => host.debrief(id)),
    ...on('reset', attemptOrNewest, ({ id }) => host.reset(id)),
    ...on('stop', attemptOrNewest, ({ id }) => host.stop(id)),
    ...on('clusterUp', clusterRequest, (request, { emit, signal }) => host.clusterUp(request, emit, signal)),
    ...on('clusterList', none, () => host.clusterList()),
    ...on('clusterDown', clusterId, ({ id }) => host.clusterDown(id)),
    ...on('clusterRepair', clusterId, ({ id }) => host.clusterRepair(id)),
    ...on('clusterDifferences', attemptOrNewest, ({ id }) => host.clusterDifferences(id)),
    ...on('nodeCommand', z.object({ id: text.optional(), node: text, command }), (params) =>
      host.nodeCommand(params.node, params.command, params.id),
    ),
    ...on('nodeProcess', nodeProcessRequest, async ({ session, ...request }, { emit, drained, signal }) => {
      const input = new Queue<NodeInput>();
      inputs.set(session, input);
      const output = (piece: NodeOutput) => {
        emit(piece);
        return drained();
      };
      try {
        return await host.nodeProcess(request, output, input, signal);
      } finally {
        inputs.delete(session);
        input.end();
      }
    }),
    // Answered when the process has taken it: whoever types faster waits.
    ...on('nodeInput', z.object({ session, input: nodeInput }), ({ session, input }) =>
      inputs.get(session)?.push(input),
    ),
  };
}

/** Sends states; of those that come while the caller still reads, the last one. */
function newest<State>({ emit, drained }: CallContext): (state: State) => void {
  let waiting: State | undefined;
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
  return (state) => {
    waiting = state;
    if (!sending) void send();
  };
}
