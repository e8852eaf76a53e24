import { expect, it } from 'vitest';
import { controlPlaneLease } from '../../../src/embedded/cluster/leader-leases.ts';
import { leases, namespaces } from '../../../src/kube/resources.ts';
import { startPlane } from './plane.ts';

it('the control plane renews its Leases, and takes them over after a restart', async () => {
  const plane = await startPlane();
  await plane.client.create(namespaces, { metadata: { name: 'kube-system' } });
  const context = { ...plane, signal: new AbortController().signal };
  const parts = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const;
  const start = () => Promise.all(parts.map((part) => controlPlaneLease(part, 'node').start(context as never)));
  await start();
  const held = () => plane.informers.of(leases).list('kube-system');
  const spec = (name: string) => held().find(({ metadata }) => metadata.name === name)?.spec;
  expect(held().map(({ metadata }) => metadata.name.replace(/-[a-z2-7]{26}$/, '-id'))).toEqual([
    'apiserver-id',
    'kube-controller-manager',
    'kube-scheduler',
  ]);
  const first = spec('kube-scheduler');
  expect(first).toMatchObject({ leaseDurationSeconds: 15, leaseTransitions: 0 });
  await plane.pass(4);
  expect(spec('kube-scheduler')?.renewTime).not.toBe(first?.renewTime);
  expect(spec('kube-scheduler')?.acquireTime).toBe(first?.acquireTime);
  await start();
  expect(spec('kube-scheduler')).toMatchObject({ leaseTransitions: 1 });
  plane.stop();
});
