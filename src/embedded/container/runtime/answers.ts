import type { ClusterNetwork } from '../../network-api.ts';
import type { NodeAnswers } from '../../node-api.ts';
import type { HandlersOf } from '../protocol.ts';
import type { WorkerClient } from '../worker-client.ts';

export interface Answerers {
  network: ClusterNetwork;
  nodes: NodeAnswers | undefined;
  /** Whether a process of that Pod listens on the TCP port now. */
  listening(podUid: string, port: number): boolean;
  /** Told of faults of ours. Failures that a program is to see have a `code`. */
  onBug?: ((program: string, stack: string) => void) | undefined;
}

/** Answers what the worker asks of the rest of the cluster. */
export function answersTo(
  worker: WorkerClient,
  { network, nodes, listening, onBug }: Answerers,
): HandlersOf<'records' | 'route' | 'node'> {
  const answer = (request: number, coming: Promise<unknown>) => {
    coming.then(
      (value) => worker.send({ t: 'answer', request, value }),
      (error: unknown) => {
        const expected = error instanceof Error && 'code' in error;
        if (!expected) onBug?.('container runtime', error instanceof Error ? String(error.stack) : String(error));
        worker.send({ t: 'answer', request, errorCode: expected ? String(error.code) : 'EIO' });
      },
    );
  };
  return {
    records: ({ request, question }) => answer(request, network.records(question)),
    // What listens has been told before: messages keep their order.
    route: ({ request, from, to }) => answer(request, network.route(from, to, listening)),
    node: ({ request, node, question }) => answer(request, nodes?.answer(node, question) ?? Promise.reject(noNode())),
  };
}

const noNode = () => Object.assign(new Error('there is no node'), { code: 'EIO' });
