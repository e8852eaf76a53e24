import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createContainerRuntime } from '../../../src/embedded/container/runtime.ts';
import { createClusterNetwork } from '../../../src/embedded/network/index.ts';
import { ManualClock, systemClock } from '../../../src/kernel/clock.ts';
import type { KubeObject } from '../../../src/kube/meta.ts';
import { clusterIP, informersOf, namespace, node, pod, policy, service, slice, tcp } from '../network/objects.ts';
import { finished, follow, printed, specOf } from './helpers.ts';

const dnsPorts = [
  { name: 'dns', port: 53, protocol: 'UDP' },
  { name: 'dns-tcp', port: 53, protocol: 'TCP' },
];
const corefile = `.:53 {
    errors
    health
    ready
    kubernetes cluster.local in-addr.arpa {
       pods insecure
       fallthrough in-addr.arpa
       ttl 30
    }
    forward . /etc/resolv.conf
    reload
    loop
}
`;
const addresses = { client: '10.244.0.5', web: '10.244.0.7', dns: '10.244.0.2', walled: '10.244.0.8' };
const still: KubeObject[] = [
  ...[namespace('default'), namespace('kube-system'), node('n1', '172.18.0.2'), node('n2', '172.18.0.3')],
  pod('client', addresses.client, { labels: { role: 'client' } }),
  pod('web', addresses.web, { labels: { app: 'web' }, node: 'n2' }),
  pod('walled', addresses.walled, { labels: { role: 'walled' } }),
  pod('coredns', addresses.dns, { namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' } }),
  clusterIP('kube-dns', '10.96.0.10', 53, { ports: dnsPorts }, 'kube-system'),
  slice('kube-dns', [{ ip: addresses.dns }], dnsPorts, 'kube-system'),
  clusterIP('web', '10.96.5.5', 80),
  slice('web', [{ ip: addresses.web }], [tcp(80)]),
  clusterIP('empty', '10.96.7.7', 80),
  service('alias', { type: 'ExternalName', externalName: 'web.default.svc.cluster.local' }),
  policy('walled', { podSelector: { matchLabels: { role: 'walled' } }, policyTypes: ['Ingress', 'Egress'] }),
];
const cluster = {
  ...{ caCertificate: '', apiServer: { host: '127.0.0.1', port: 1 } },
  ...{ serviceCidr: '10.96.0.0/16', podCidr: '10.244.0.0/16' },
};

function runtimeOf(clock = systemClock) {
  const network = createClusterNetwork({ informers: informersOf(still), cluster, clock });
  return createContainerRuntime({
    ...{ network, clock },
    onBug: (name, stack) => console.error(`bug in ${name}: ${stack}`),
  });
}

/** The spec of a container in one of the Pods above. */
function inPod(name: keyof typeof addresses, image: string, more: Parameters<typeof specOf>[1] = {}) {
  const of = name === 'dns' ? { name: 'coredns', namespace: 'kube-system' } : { name, namespace: 'default' };
  const facts = { uid: `uid-${of.name}`, ip: addresses[name], nodeName: 'n1', serviceAccountName: 'default' };
  return specOf(image, { hostname: of.name, pod: { ...of, ...facts }, ...more });
}

const corednsSpec = (text: string) => {
  const files = { Corefile: { content: new TextEncoder().encode(text), mode: 0o644 } };
  return inPod('dns', 'registry.k8s.io/coredns/coredns:v1.13.1', {
    args: ['-conf', '/etc/coredns/Corefile'],
    mounts: [{ mountPath: '/etc/coredns', readOnly: true, volume: { kind: 'files', id: 'corefile', files } }],
    dns: { nameservers: ['172.18.0.1'], searches: [], options: [] },
  });
};

describe('programs in Pods', () => {
  const runtime = runtimeOf();
  const run = async (from: 'client' | 'walled', script: string, image = 'busybox:1.36') =>
    finished(await runtime.start(inPod(from, image, { command: ['sh', '-c', script] })));

  beforeAll(async () => {
    await printed(await runtime.start(corednsSpec(corefile)), /CoreDNS-/);
    await printed(await runtime.start(inPod('web', 'nginx:1.27')), /start worker processes/);
  });
  afterAll(() => runtime.dispose());

  it('find Services by name, and what they lead to', async () => {
    expect(await run('client', 'wget -qO- http://web | grep -c Welcome')).toMatchObject({ out: '2\n', code: 0 });
    expect(await run('client', 'wget -qO- http://alias | grep -c Welcome')).toMatchObject({ out: '2\n' });
  });

  it('are refused at once where nobody listens and where a Service has no endpoints', async () => {
    expect(await run('client', `wget -qO- -T 2 http://${addresses.web}:81`)).toMatchObject({
      ...{ err: `wget: can't connect to remote host (${addresses.web}): Connection refused\n`, code: 1 },
    });
    expect(await run('client', 'curl -sS http://empty', 'curlimages/curl:8.10.1')).toMatchObject({ code: 7 });
    expect(await run('client', 'nc -zv -w 1 10.96.7.7 80')).toMatchObject({ code: 1 });
  });

  it('hang until their own time-out where a policy takes the packets', async () => {
    expect(await run('client', `wget -qO- -T 1 http://${addresses.walled}`)).toMatchObject({
      ...{ err: 'wget: download timed out\n', code: 1 },
    });
    const curl = await run('client', `curl -sS -m 1 http://${addresses.walled}`, 'curlimages/curl:8.10.1');
    expect(curl).toMatchObject({ err: 'curl: (28) Connection timed out after 1000 milliseconds\n', code: 28 });
    const nc = await run('client', `nc -zv -w 1 ${addresses.walled} 80`);
    expect(nc).toMatchObject({
      code: 1,
      err: `nc: ${addresses.walled} (${addresses.walled}:80): Operation timed out\n`,
    });
    expect(await run('client', `ping -c 1 -W 1 ${addresses.walled}`)).toMatchObject({ code: 1 });
    expect(await run('client', `ping -c 1 ${addresses.web}`)).toMatchObject({ code: 0 });
  });

  it('get no names where egress to DNS is denied', async () => {
    expect(await run('walled', 'wget -qO- -T 1 http://web')).toMatchObject({
      err: 'wget: download timed out\n',
      code: 1,
    });
    const curl = await run('walled', 'curl -sS -m 1 http://web', 'curlimages/curl:8.10.1');
    expect(curl).toMatchObject({ code: 28, err: 'curl: (28) Resolving timed out after 1000 milliseconds\n' });
  });

  it('see in their logs who came', async () => {
    const server = follow(await runtime.start(inPod('client', 'nginx:1.27')));
    await server.until(/start worker processes/);
    const get = async (path: string, from?: string) => {
      const socket = await runtime.connect('uid-client', 80, from);
      socket.end(`GET ${path} HTTP/1.0\r\n\r\n`);
    };
    await get('/probe');
    await server.until(/^10\.244\.0\.1 - - .*"GET \/probe HTTP\/1.0"/m);
    await get('/forwarded', '127.0.0.1');
    await server.until(/^127\.0\.0\.1 - - .*"GET \/forwarded HTTP\/1.0"/m);
  });

  it.each([
    ['nslookup -type=a web.default.svc.cluster.local', 'Name:\tweb.default.svc.cluster.local\nAddress: 10.96.5.5\n\n'],
    [
      'nslookup -type=a alias.default.svc.cluster.local',
      'alias.default.svc.cluster.local\tcanonical name = web.default.svc.cluster.local\nName:\tweb.default.svc.cluster.local\nAddress: 10.96.5.5\n\n',
    ],
    ['nslookup 10.96.5.5', '5.5.96.10.in-addr.arpa\tname = web.default.svc.cluster.local\n\n'],
    ['nslookup -type=a nope.example', "** server can't find nope.example: NXDOMAIN\n\n"],
  ])('%s', async (command, answer) => {
    expect((await run('client', command)).out).toBe(`Server:\t\t10.96.0.10\nAddress:\t10.96.0.10:53\n\n${answer}`);
  });

  it('dig prints what it is asked for', async () => {
    const image = 'registry.k8s.io/e2e-test-images/jessie-dnsutils:1.7';
    expect((await run('client', 'dig +short web.default.svc.cluster.local', image)).out).toBe('10.96.5.5\n');
    expect((await run('client', 'dig +search +short web', image)).out).toBe('10.96.5.5\n');
    expect((await run('client', 'dig +short -x 10.96.5.5', image)).out).toBe('web.default.svc.cluster.local.\n');
    expect((await run('client', 'dig nope.default.svc.cluster.local', image)).out).toContain('status: NXDOMAIN');
    const dead = await run('client', 'dig @10.96.7.7 +time=1 +tries=1 web', image);
    expect(dead).toMatchObject({ code: 9 });
    expect(dead.out).toContain(';; no servers could be reached');
  });
});

/** Lets time pass until something has happened. */
async function passing<T>(clock: ManualClock, happens: Promise<T>): Promise<T> {
  let done = false;
  const mark = () => {
    done = true;
  };
  happens.then(mark, mark);
  while (!done) await clock.advance(1000);
  return happens;
}

describe('CoreDNS', () => {
  /** A cluster of its own, with a clock that is moved by hand. */
  async function started(text: string) {
    const clock = new ManualClock();
    const runtime = runtimeOf(clock);
    const server = await runtime.start(corednsSpec(text));
    return { clock, runtime, server, output: follow(server) };
  }

  it('ends at a Corefile that it cannot read', async () => {
    const { runtime, output } = await started('.:53 {\n    errors\n    kubernets cluster.local\n}\n');
    expect(await output.result).toEqual({
      ...{ out: "/etc/coredns/Corefile:3 - Error during parsing: Unknown directive 'kubernets'\n", err: '', code: 1 },
    });
    await runtime.dispose();
  });

  it('ends when it forwards to itself', async () => {
    const { runtime, output } = await started('.:53 {\n    loop\n    forward . 10.96.0.10\n}\n');
    const { out, code } = await output.result;
    expect(out).toContain('[FATAL] plugin/loop: Loop');
    expect(code).toBe(1);
    await runtime.dispose();
  });

  it('takes up a changed Corefile, and goes on with the old one if the new one is broken', async () => {
    const { clock, runtime, server, output } = await started(corefile);
    await output.until(/CoreDNS-/);
    const change = (text: string) =>
      server.updateFiles('corefile', { Corefile: { content: new TextEncoder().encode(text), mode: 0o644 } });
    const lookup = async (name: string) => {
      const command = ['nslookup', '-type=a', name];
      const asking = await runtime.start(inPod('client', 'busybox:1.36', { command }));
      return (await finished(asking)).out;
    };
    change(corefile.replace('errors', 'errrors'));
    await passing(
      clock,
      output.until(/plugin\/reload: Corefile changed but reload failed: .*Unknown directive 'errrors'/),
    );
    expect(await lookup('web.default.svc.cluster.local')).toContain('Address: 10.96.5.5');

    change(
      corefile.replace(
        'errors',
        'hosts {\n 192.0.2.4 shop.example\n fallthrough\n }\n rewrite name old.example web.default.svc.cluster.local',
      ),
    );
    await passing(clock, output.until(/Reloading complete/));
    expect(await lookup('shop.example')).toContain('Name:\tshop.example\nAddress: 192.0.2.4');
    expect(await lookup('old.example')).toContain('Name:\told.example\nAddress: 10.96.5.5');

    change(corefile.replace(/ {4}kubernetes[^}]*}\n/, '').replace('forward', 'forward . 10.244.0.7\n#'));
    await passing(clock, output.until(/Reloading complete[\s\S]*Reloading complete/));
    expect(await lookup('web.default.svc.cluster.local')).toContain('SERVFAIL');
    await runtime.dispose();
  });
});
