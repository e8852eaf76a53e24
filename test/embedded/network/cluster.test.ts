import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NetworkPolicySpec, Service } from '../../../src/kube/api.gen.ts';
import {
  configMaps,
  deployments,
  endpointSlices,
  networkPolicies,
  pods,
  services,
} from '../../../src/kube/resources.ts';
import { type Lab, openLab } from './lab.ts';

const idle = { image: 'busybox:1.36', command: ['sleep', '3600'] };

describe('the network of a cluster', { timeout: 90_000 }, () => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await openLab({ nodes: 2 });
    const service: Service = {
      metadata: { name: 'web', namespace: 'default' },
      spec: { selector: { run: 'web' }, ports: [{ port: 80 }] },
    };
    await lab.client.create(services, service);
    await Promise.all([
      lab.run('web', { image: 'nginx:1.27' }),
      lab.run('client', idle),
      lab.run('outsider', idle, { dnsPolicy: 'Default' }),
      lab.run('custom', idle, {
        dnsPolicy: 'None',
        dnsConfig: { nameservers: ['10.96.0.10'], searches: ['default.svc.cluster.local'] },
      }),
    ]);
    await lab.until(endpointSlices, (all) =>
      all.some(({ endpoints }) => endpoints?.some((e) => e.targetRef?.name === 'web' && e.conditions?.ready)),
    );
  }, 90_000);
  afterAll(() => lab.cluster.stop());

  const policy = async (name: string, spec: NetworkPolicySpec) => {
    await lab.client.create(networkPolicies, { metadata: { name, namespace: 'default' }, spec });
    return () => lab.client.delete(networkPolicies, 'default', name);
  };

  it('gives Pods the names that their dnsPolicy allows', async () => {
    const ask = async (pod: string) => (await lab.exec(pod, 'wget', '-qO-', '-T', '5', 'http://web')).stderr;
    expect(await ask('client')).toBe('');
    expect(await ask('custom')).toBe('');
    expect(await ask('outsider')).toBe("wget: bad address 'web'\n");
    expect((await lab.exec('outsider', 'cat', '/etc/resolv.conf')).stdout).toBe('nameserver 172.18.0.1\n');
  });

  it('lets the kubelet probe a Pod that a policy isolates, but not its neighbours reach it', async () => {
    const lift = await policy('wall', { podSelector: { matchLabels: { run: 'probed' } }, policyTypes: ['Ingress'] });
    await lab.run('probed', { image: 'nginx:1.27', readinessProbe: { httpGet: { port: 80 } } });
    const { status } = await lab.client.get(pods, 'default', 'probed');
    const ask = (seconds: string) => lab.exec('client', 'wget', '-qO-', '-T', seconds, `http://${status?.podIP}`);
    expect((await ask('1')).stderr).toBe('wget: download timed out\n');
    await lift();
    expect((await ask('5')).exitCode).toBe(0);
  });

  it("the proxy of the API server goes to Services and Pods, from the control plane's node", async () => {
    const fetch = (path: string) => lab.fetch(`/api/v1/namespaces/default/${path}/proxy/`);
    expect((await fetch('services/web:80')).text).toContain('Welcome to nginx');
    expect((await fetch('pods/web:80')).text).toContain('Welcome to nginx');
    const closed = await fetch('pods/web:81');
    expect(closed.status).toBe(503);
    expect(closed.text).toContain(':81: connect: connection refused');
  });

  it('follows the Corefile of kube-system: a broken one leaves new CoreDNS Pods in a crash loop', async () => {
    const map = await lab.client.get(configMaps, 'kube-system', 'coredns');
    const broken = { ...map, data: { Corefile: map.data?.Corefile?.replace('kubernetes', 'kubernets') ?? '' } };
    await lab.cluster.client.update(configMaps, broken);
    for (const { metadata } of lab.cluster.context.informers.of(pods).list('kube-system')) {
      if (metadata.labels?.['k8s-app'] === 'kube-dns')
        await lab.client.delete(pods, 'kube-system', metadata.name, { gracePeriodSeconds: 0 });
    }
    await lab.until(
      pods,
      (all) =>
        all.some(({ status }) =>
          status?.containerStatuses?.some(
            (c) => c.name === 'coredns' && c.state?.waiting?.reason === 'CrashLoopBackOff',
          ),
        ),
      'kube-system',
    );
    expect((await lab.exec('client', 'wget', '-qO-', '-T', '5', 'http://web')).stderr).toBe(
      "wget: bad address 'web'\n",
    );
  });

  it('has no names where CoreDNS is scaled to zero', async () => {
    const coredns = await lab.client.get(deployments, 'kube-system', 'coredns');
    await lab.cluster.client.update(deployments, {
      ...coredns,
      spec: { ...coredns.spec, replicas: 0 },
    } as typeof coredns);
    await lab.until(endpointSlices, (all) => all.every((s) => (s.endpoints ?? []).length === 0), 'kube-system');
    const asked = await lab.exec('client', 'nslookup', 'web');
    expect(asked.stdout).toBe(';; connection timed out; no servers could be reached\n\n');
    expect(asked.exitCode).toBe(1);
  });
});
