import { createKubelet } from '../../../src/embedded/node/index.ts';
import { type Clock, ManualClock } from '../../../src/kernel/clock.ts';
import type { Container, ContainerStatus, Pod, PodSpec } from '../../../src/kube/api.gen.ts';
import type { Stored } from '../../../src/kube/meta.ts';
import { pods } from '../../../src/kube/resources.ts';
import { startControlPlane, type TestControlPlane } from '../../helpers/control-plane.ts';
import { FakeRuntime } from './fake-runtime.ts';

/** The API for a node. Pods mount no tokens by themselves, so that tests see their own volumes only. */
export const nodeApi = <C extends Clock = ManualClock>(clock?: C) =>
  startControlPlane<C>({ clock, account: { automountServiceAccountToken: false } });

/** A kubelet on a runtime that does what the test says, and the API that it works for. */
export async function startNode<C extends Clock = ManualClock>(
  plane?: TestControlPlane<C>,
  runtime = new FakeRuntime(),
) {
  const api = plane ?? (await nodeApi<C>());
  const kubelet = createKubelet({ nodeName: 'node-1', runtime });
  await kubelet.start(api.context());
  const { clock } = api;
  return {
    api,
    runtime,
    kubelet,
    clock,
    client: api.client,
    /** Creates a Pod bound to the node. */
    run: (name: string, spec: Partial<PodSpec> & { containers?: Container[] }, metadata: Pod['metadata'] = {}) =>
      api.client.create(pods, {
        metadata: { name, namespace: 'default', ...metadata },
        spec: {
          containers: [{ name: 'c', image: 'busybox:1.36' }],
          nodeName: 'node-1',
          restartPolicy: 'Always',
          serviceAccountName: 'default',
          terminationGracePeriodSeconds: 30,
          ...spec,
        },
      }),
    pod: (name: string) => api.read(pods, 'default', name),
    /** Waits until the Pod is as `test` says. */
    until: (name: string, test: (pod: Stored<Pod>) => boolean) =>
      api.until(() => {
        const pod = api.read(pods, 'default', name);
        return test(pod) ? pod : undefined;
      }),
    /** Waits for the Pod with its time moving on. */
    async advanceUntil(name: string, test: (pod: Stored<Pod>) => boolean, step = 500, limit = 600_000) {
      if (!(clock instanceof ManualClock)) throw new Error('time moves on by itself');
      for (let passed = 0; passed <= limit; passed += step) {
        const pod = api.read(pods, 'default', name);
        if (test(pod)) return pod;
        await clock.advance(step);
      }
      throw new Error(`not reached: ${JSON.stringify(api.read(pods, 'default', name).status, null, 1)}`);
    },
    messages: (reason: string) => api.reported.filter((e) => e.reason === reason).map((e) => e.message),
    stop: api.stop,
  };
}

export function first(pod: Stored<Pod>): ContainerStatus {
  const status = pod.status?.containerStatuses?.[0];
  return status ?? { name: '', image: '', imageID: '', ready: false, restartCount: -1 };
}

export const reason = (pod: Stored<Pod>): string | undefined => {
  const state = pod.status?.containerStatuses?.[0]?.state;
  return state?.waiting?.reason ?? state?.terminated?.reason ?? (state?.running && 'Running');
};

export const condition = (pod: Stored<Pod>, type: string) => pod.status?.conditions?.find((c) => c.type === type);
