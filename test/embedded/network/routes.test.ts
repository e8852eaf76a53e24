import { describe, expect, it } from 'vitest';
import { createClusterNetwork } from '../../../src/embedded/network/index.ts';
import { ManualClock } from '../../../src/kernel/clock.ts';
import { clusterIP, informersOf, namespace, node, pod, slice, tcp } from './objects.ts';

const cluster = {
  ...{ caCertificate: '', apiServer: { host: '127.0.0.1', port: 4444 } },
  ...{ serviceCidr: '10.96.0.0/16', podCidr: '10.244.0.0/16' },
};
const web = (affinity: object) => [
  clusterIP('web', '10.96.5.5', 80, affinity),
  slice('web', [{ ip: '10.244.0.7' }, { ip: '10.244.0.8' }], [tcp(80)]),
];
const still = [
  ...[namespace('default'), node('n1', '172.18.0.2', { 'node-role.kubernetes.io/control-plane': '' })],
  ...['5', '6', '7', '8'].map((n) => pod(`p${n}`, `10.244.0.${n}`)),
];
const from = (podName: string) => ({ namespace: 'default', podName });
const to = (address: string, port: number) => ({ address, port, protocol: 'TCP' as const });

function networkOf(affinity = {}) {
  const clock = new ManualClock();
  const network = createClusterNetwork({ informers: informersOf([...still, ...web(affinity)]), cluster, clock });
  const chosen = async (client: string) => {
    const route = await network.route(from(client), to('10.96.5.5', 80));
    return route.kind === 'container' ? route.podUid : route.kind;
  };
  return { clock, network, chosen };
}

describe('routes', () => {
  it("lead to the API server's real address", async () => {
    const { network } = networkOf();
    expect(await network.route(from('p5'), to('172.18.0.2', 6443))).toEqual({
      kind: 'api-server',
      host: '127.0.0.1',
      port: 4444,
    });
  });

  it('of a Pod that is gone lead nowhere', async () => {
    const { network } = networkOf();
    expect(await network.route(from('gone'), to('10.244.0.7', 80))).toEqual({ kind: 'timeout' });
  });

  it('begin at nodes as well', async () => {
    const { network } = networkOf();
    expect(await network.route({ nodeName: 'n1' }, to('10.244.0.7', 80))).toMatchObject({
      kind: 'container',
      from: '172.18.0.2',
    });
  });

  it("lead only the nodes' name server out, which knows nothing", async () => {
    const { network } = networkOf();
    expect(await network.route(from('p5'), { address: '172.18.0.1', port: 53, protocol: 'UDP' })).toEqual({
      kind: 'resolver',
    });
    expect(await network.route(from('p5'), to('172.18.0.1', 80))).toEqual({ kind: 'refused' });
  });

  it('take turns among endpoints', async () => {
    const { chosen } = networkOf();
    expect(new Set([await chosen('p5'), await chosen('p5')])).toEqual(new Set(['uid-p7', 'uid-p8']));
  });

  it('stay with an endpoint while sessionAffinity ClientIP lasts', async () => {
    const { chosen, clock } = networkOf({
      ...{ sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } } },
    });
    const first = await chosen('p5');
    const other = await chosen('p6');
    expect(other).not.toBe(first);
    await clock.advance(59_000);
    expect([await chosen('p5'), await chosen('p5')]).toEqual([first, first]);
    await clock.advance(59_000);
    expect(await chosen('p5')).toBe(first);
    await clock.advance(61_000);
    // Forgotten: it is the next one's turn.
    expect(new Set([await chosen('p5'), await chosen('p6')]).size).toBe(2);
  });
});
