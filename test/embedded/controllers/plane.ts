/** An API with all kinds and some controllers, on a clock that tests move; no server, no kubelets. */
import type { Component } from '../../../src/embedded/api.ts';
import { ManualClock, nextTurn } from '../../../src/kernel/clock.ts';
import type { Pod, PodStatus } from '../../../src/kube/api.gen.ts';
import type { Stored } from '../../../src/kube/meta.ts';
import { events, pods } from '../../../src/kube/resources.ts';
import { startControlPlane } from '../../helpers/control-plane.ts';

export async function startPlane(...components: Component[]) {
  const clock = new ManualClock(Date.parse('2026-03-01T10:00:30Z'));
  const api = await startControlPlane({ clock, namespaces: ['default'] });
  const context = api.context();
  const { client, addNamespace: namespace, stop } = api;
  const { informers } = context;
  for (const component of components) await component.start(context);

  /** Lets everything run that is ready to. */
  async function settle(): Promise<void> {
    for (let i = 0; i < 20; i++) await nextTurn();
  }

  async function pass(seconds: number): Promise<void> {
    for (let left = seconds * 1000; left > 0; left -= 500) {
      await clock.advance(Math.min(left, 500));
      await settle();
    }
  }

  /** Ends, starts or readies a Pod as a kubelet would. */
  async function report(pod: Stored<Pod>, status: PodStatus): Promise<void> {
    const { namespace: space, name } = pod.metadata;
    await client.patch(pods, space, name, 'strategic', { status }, { subresource: 'status' });
    await settle();
  }

  /** `reason: message` of all events, in order. */
  function told(): string[] {
    return informers
      .of(events)
      .list()
      .map(({ reason, message }) => `${reason}: ${message}`);
  }

  return { clock, client, informers, namespace, settle, pass, report, told, stop };
}

export type Plane = Awaited<ReturnType<typeof startPlane>>;

/** How a container of a Pod ended. */
export function ended(exitCode: number, at: number, container = 'c'): PodStatus {
  const finishedAt = `${new Date(at).toISOString().slice(0, 19)}Z`;
  const terminated = { exitCode, reason: exitCode ? 'Error' : 'Completed', startedAt: finishedAt, finishedAt };
  return {
    phase: exitCode ? 'Failed' : 'Succeeded',
    containerStatuses: [
      { name: container, image: 'x', imageID: 'x', ready: false, restartCount: 0, state: { terminated } },
    ],
  };
}
