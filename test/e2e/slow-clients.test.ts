/** Clients that ask for much and read nothing: each is bounded, and nobody else notices. */
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { CoreV1Api, KubeConfig, Watch } from '@kubernetes/client-node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Kubectl, type Started } from './lab.ts';
import { Sandbox } from './sandbox.ts';

const user = await Sandbox.create();
const { kubeconfig } = await user.json<Started>(['cluster', 'up']);
const kubectl = new Kubectl(user, kubeconfig);
const config = new KubeConfig();
config.loadFromFile(kubeconfig);
const core = config.makeApiClient(CoreV1Api);
const pid = (await user.daemonPid()) ?? 0;
const sockets = new Set<Socket>();
afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  await user.dispose();
});

/** The most memory that the daemon ever had, in MiB. */
const peak = () => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

interface Unread {
  /** Reads the rest and throws it away. */
  resume(): void;
  /** By the server. */
  ended: Promise<void>;
}

/** Begins a request on a connection of its own and reads nothing of the answer but its head. */
async function open(path: string, headers: Record<string, string> = {}): Promise<Unread> {
  const options: Record<string, unknown> = { method: 'GET', headers, agent: false };
  await config.applyToHTTPSOptions(options);
  const server = config.getCurrentCluster()?.server;
  return new Promise((resolve, reject) => {
    const asked = request(`${server}${path}`, options);
    const begun = (socket: Socket, answer: Readable) => {
      sockets.add(socket);
      for (const one of [socket, answer]) one.on('error', () => undefined);
      const ended = new Promise<void>((done) => socket.once('close', () => done()));
      resolve({ resume: () => answer.resume(), ended });
    };
    asked.once('response', (response) => begun(response.socket, response));
    asked.once('upgrade', (_response, socket) => begun(socket, socket.pause()));
    asked.once('error', reject);
    asked.end();
  });
}

const webSocket = {
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Protocol': 'v4.channel.k8s.io',
};

beforeAll(async () => {
  const command = `line=${'x'.repeat(1000)}; while true; do echo $line; done`;
  const containers = [
    { name: 'writer', image: 'busybox:1.37', command: ['sh', '-c', command] },
    { name: 'server', image: 'busybox:1.37', command: ['sh', '-c', 'while true; do yes | nc -l -p 8080; done'] },
  ];
  await core.createNamespacedPod({ namespace: 'default', body: { metadata: { name: 'busy' }, spec: { containers } } });
  await kubectl.run(['wait', '--for=condition=Ready', 'pod/busy', '--timeout=30s']);
});

it('keeps the daemon small, ends who does not read, and loses nothing for who does', async () => {
  const path = '/api/v1/namespaces/default/configmaps';
  const pod = '/api/v1/namespaces/default/pods/busy';
  const idle = await Promise.all(Array.from({ length: 20 }, () => open(`${path}?watch=1`)));
  for (let i = 0; i < 5; i++) {
    await open(`${pod}/log?container=writer&follow=true`);
    await open(`${pod}/exec?container=writer&stdout=true&command=yes`, webSocket);
    await open(`${pod}/portforward?ports=8080`, webSocket);
  }
  const seen: string[] = [];
  const last = Promise.withResolvers<void>();
  const watch = await new Watch(config).watch(
    path,
    {},
    (_type, { metadata }) => {
      seen.push(metadata.name);
      if (metadata.name === 'big-119') last.resolve();
    },
    (error) => last.reject(error),
  );
  const data = { text: 'x'.repeat(200_000) };
  const names = Array.from({ length: 120 }, (_, i) => `big-${i}`);
  for (const name of names) {
    await core.createNamespacedConfigMap({ namespace: 'default', body: { metadata: { name }, data } });
  }
  await last.promise;
  watch.abort();
  expect(seen.filter((name) => name.startsWith('big-'))).toEqual(names);
  // A list that nobody reads is not created either.
  await Promise.all(Array.from({ length: 30 }, () => open(path)));
  for (const one of idle) one.resume();
  await Promise.all(idle.map(({ ended }) => ended));
  const metrics = await kubectl.run(['get', '--raw', '/metrics']);
  expect(metrics).toContain('apiserver_terminated_watchers_total{group="",resource="configmaps"} 20\n');
  expect(peak()).toBeLessThan(600);
});
