/** A kubelet's own server, against what a real one answered. */
import { on, once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { parse } from 'yaml';
import { createEmbeddedCluster, type EmbeddedCluster } from '../../../src/embedded/cluster.ts';
import { configz } from '../../../src/embedded/node/kubelet-api/configz.ts';
import { KubeletServer } from '../../../src/embedded/node/server.ts';
import { systemClock } from '../../../src/kernel/clock.ts';
import type { TokenRequest } from '../../../src/kube/api.gen.ts';
import { clusterRoleBindings, clusterRoles, serviceAccounts } from '../../../src/kube/resources.ts';
import { startNode } from './harness.ts';

const fixture = (name: string) =>
  readFileSync(new URL(`../../../fixtures/kubernetes/kubelet/${name}`, import.meta.url), 'utf8');
const lines = <T>(name: string) =>
  fixture(name)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T);

let node: Awaited<ReturnType<typeof startNode>>;
beforeAll(async () => {
  node = await startNode();
  await node.run('web', {
    containers: [
      { name: 'web', image: 'busybox:1.36', readinessProbe: { exec: { command: ['true'] }, periodSeconds: 1 } },
    ],
  });
  await node.advanceUntil('web', (pod) => pod.status?.phase === 'Running');
  node.runtime.last('web').print('hello\n');
  node.runtime.used[node.runtime.last('web').id] = { cpuMs: 1500, memoryBytes: 8192 };
});
afterAll(() => node.stop());

const answer = async (path: string) => {
  const { pathname, searchParams: query } = new URL(path, 'https://kubelet');
  const found = await node.kubelet.answer({ method: 'GET', path: pathname, query });
  if (!found) throw new Error('there is no answer');
  const { body, ...rest } = found;
  return { ...rest, body: typeof body === 'string' ? body : await text(body as Readable) };
};

interface Recorded {
  path: string;
  status: number;
  contentType?: string;
  location?: string;
  body?: string;
}

describe('a kubelet', () => {
  it.each(lines<Recorded>('answers.jsonl').map((one) => [one.path, one] as const))(
    'answers %s as a real one does',
    async (path, { status, contentType, location, body }) => {
      const found = await answer(path);
      expect([found.status, found.contentType]).toEqual([status, contentType]);
      expect(found.location).toBe(location?.replace('/api/v1/nodes/NODE/proxy', ''));
      if (body !== undefined) expect(found.body).toBe(body);
    },
  );

  it('shows what its containers use', async () => {
    const cadvisor = (await answer('/metrics/cadvisor')).body;
    expect(cadvisor).toMatch(
      /^container_cpu_usage_seconds_total\{container="web",cpu="total",id="\/kubepods\.slice\/kubepods-besteffort\.slice\/[^"]*\.scope",image="[^"]*",name="[0-9a-f]{64}",namespace="default",pod="web"\} 1\.5 \d+$/m,
    );
    const { node: whole, pods } = JSON.parse((await answer('/stats/summary')).body);
    expect(whole).toMatchObject({ nodeName: 'node-1', fs: { capacityBytes: 103081248 * 1024 } });
    expect(pods).toMatchObject([
      {
        podRef: { name: 'web', namespace: 'default' },
        containers: [{ name: 'web', cpu: { usageCoreNanoSeconds: 1.5e9 }, memory: { workingSetBytes: 8192 } }],
        memory: { workingSetBytes: 8192 },
      },
    ]);
    expect(JSON.parse((await answer('/stats/summary?only_cpu_and_memory=true')).body).node.fs).toBeUndefined();
  });

  it('counts probes, Pods and containers', async () => {
    await node.advanceUntil('web', (pod) => pod.status?.containerStatuses?.[0]?.ready === true);
    expect((await answer('/metrics/probes')).body).toMatch(
      /^prober_probe_total\{container="web",namespace="default",pod="web",pod_uid="[^"]+",probe_type="Readiness",result="successful"\} [1-9]/m,
    );
    const { body } = await answer('/metrics');
    expect(body).toContain('kubelet_node_name{node="node-1"} 1\n');
    expect(body).toContain('kubelet_running_containers{container_state="running"} 1\n');
    expect(body).toContain('kubelet_desired_pods{static=""} 1\n');
  });

  it('lists its Pods, those that run, and its logs', async () => {
    expect(JSON.parse((await answer('/pods')).body).items).toMatchObject([{ metadata: { name: 'web' } }]);
    expect(JSON.parse((await answer('/runningpods/')).body).items).toMatchObject([
      { metadata: { name: 'web' }, spec: { containers: [{ name: 'web' }] } },
    ]);
    const folder = /href="(default_web_[^"]*)"/.exec((await answer('/logs/pods/')).body)?.[1];
    expect((await answer(`/logs/pods/${folder}web/0.log`)).body).toMatch(/^\S+ stdout F hello\n/);
    expect((await answer('/containerLogs/default/web/web?tailLines=1&timestamps=true')).body).toMatch(/^\S+Z hello\n$/);
  });

  it('shows the configuration of its file over its defaults', () => {
    const { providerID: _, ...recorded } = JSON.parse(fixture('configz.json')).kubeletconfig;
    expect(JSON.parse(configz(parse(fixture('config.yaml')))).kubeletconfig).toEqual(recorded);
  });
});

describe('port 10250', () => {
  const recorded = lines<{ as: string; path: string; status: number }>('rights.jsonl');
  const tokens = new Map<string, string>();
  let cluster: EmbeddedCluster;
  let server: KubeletServer;
  beforeAll(async () => {
    cluster = await createEmbeddedCluster({ controllers: false, kubelet: false });
    const { client } = cluster;
    for (const as of new Set([...recorded.map((one) => one.as), 'all'])) {
      const name = `k-${as}`;
      await client.create(serviceAccounts, { metadata: { name, namespace: 'default' } });
      const right =
        as === 'all' ? { resources: ['nodes/proxy'], verbs: ['*'] } : { resources: [`nodes/${as}`], verbs: ['get'] };
      const rules = [{ apiGroups: [''], ...right }];
      await client.create(clusterRoles, { metadata: { name }, rules });
      if (as !== 'none') {
        await client.create(clusterRoleBindings, {
          metadata: { name },
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
          subjects: [{ kind: 'ServiceAccount', name, namespace: 'default' }],
        });
      }
      const request: TokenRequest = { spec: { audiences: [] } };
      const { status } = await client.createSubresource(serviceAccounts, 'default', name, 'token', request);
      tokens.set(as, status?.token ?? '');
    }
    server = new KubeletServer({
      ...{ nodeName: 'node-1', clock: systemClock, client, caCertificate: cluster.caCertificate },
      answer: (asked) => node.kubelet.answer(asked),
    });
  });
  afterAll(async () => {
    await server.close();
    await cluster.stop();
  });

  const ask = async (path: string, token?: string, method = 'GET') => {
    const { host, port } = await server.address();
    const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` };
    const sent = request({ host, port, path, method, headers, rejectUnauthorized: false, agent: false });
    const [response] = (await once(sent.end(), 'response')) as [IncomingMessage];
    return { status: response.statusCode, body: await text(response) };
  };

  it('gives each path to those who may have it', async () => {
    const statuses = await Promise.all(
      recorded.map(async ({ as, path }) => ({ as, path, status: (await ask(path, tokens.get(as))).status })),
    );
    expect(statuses).toEqual(recorded);
  });

  it('says what is missing, and knows whom it talks to', async () => {
    expect(await ask('/configz', tokens.get('none'))).toEqual({
      status: 403,
      body: 'Forbidden (user=system:serviceaccount:default:k-none, verb=get, resource=nodes, subresource(s)=[configz proxy])\n',
    });
    expect((await ask('/pods', tokens.get('none'), 'DELETE')).body).toContain('verb=delete');
    expect(await ask('/healthz')).toEqual({ status: 401, body: 'Unauthorized' });
    expect((await ask('/healthz', 'nope')).status).toBe(401);
  });

  /** Rejects with the status of a refusal. */
  const open = async (path: string, token?: string): Promise<WebSocket> => {
    const { host, port } = await server.address();
    const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` };
    const options = { headers, rejectUnauthorized: false };
    const socket = new WebSocket(`wss://${host}:${port}${path}`, ['v4.channel.k8s.io'], options);
    // Messages may come with the answer to the handshake.
    socket.on('upgrade', () => socket.pause());
    await once(socket, 'open');
    setImmediate(() => socket.resume());
    return socket;
  };

  /** What came on each channel until the connection was closed. */
  const channels = async (socket: WebSocket): Promise<Record<number, string>> => {
    const got: Record<number, string> = {};
    socket.on('message', (data: Buffer) => {
      const [channel = -1] = data;
      got[channel] = (got[channel] ?? '') + data.subarray(1);
    });
    await once(socket, 'close');
    return got;
  };

  it('runs commands in containers for those who may use nodes/proxy', async () => {
    const container = node.runtime.last('web');
    container.execs.set('cat /token', { code: 0, output: 'secret' });
    container.execs.set('false', { code: 1 });
    const path = '/exec/default/web/web?output=1&error=1';
    const proxy = tokens.get('proxy');
    expect(await channels(await open(`${path}&command=cat&command=/token`, proxy))).toEqual({
      1: 'secret',
      3: JSON.stringify({ metadata: {}, status: 'Success' }),
    });
    const failed = JSON.parse((await channels(await open(`${path}&command=false`, proxy)))[3] ?? '');
    expect(failed).toMatchObject({ reason: 'NonZeroExitCode', details: { causes: [{ message: '1' }] } });
    const uid = node.pod('web').metadata.uid;
    const byUid = `/exec/default/web/${uid}/web?output=1&command=cat&command=/token`;
    expect((await channels(await open(byUid, proxy)))[1]).toBe('secret');
    await expect(open(`${path}&command=false`)).rejects.toThrow('401');
    await expect(open(`${path}&command=false`, tokens.get('pods'))).rejects.toThrow('403');
  });

  it('attaches to a container until it ends', async () => {
    await node.run('short', { restartPolicy: 'Never' });
    await node.advanceUntil('short', (pod) => pod.status?.phase === 'Running');
    const path = '/attach/default/short/c?output=1';
    const attached = channels(await open(path, tokens.get('proxy')));
    node.runtime.last('c').end(3);
    expect((await attached)[3]).toContain('exit status 3');
    const late = await ask(path, tokens.get('proxy'));
    expect(late).toEqual({
      status: 500,
      body: 'rpc error: code = Unknown desc = container is in CONTAINER_EXITED state',
    });
  });

  it('answers what is no stream as a real one does', async () => {
    const proxy = tokens.get('proxy');
    const path = '/exec/default/web/web?output=1';
    expect(await ask(path, proxy)).toEqual({ status: 500, body: 'Upgrade request required\n' });
    expect((await ask('/exec/default/web/web?stdout=true', proxy)).status).toBe(400);
    expect(await ask(path.replace('/web/web', '/gone/web'), proxy)).toEqual({
      status: 404,
      body: 'pod does not exist',
    });
    expect((await ask(path.replace('/web/web', '/web/gone'), proxy)).body).toBe('container not found ("gone")');
    expect((await ask('/attach/default/web/gone?output=1', proxy)).body).toBe(
      'container gone not found in pod web_default',
    );
  });

  it('answers /run with the output of a command', async () => {
    const container = node.runtime.last('web');
    container.execs.set('id -u', { code: 0, output: '0\n' });
    container.execs.set('false', { code: 1 });
    const proxy = tokens.get('proxy');
    const path = '/run/default/web/web?cmd=';
    // To POST is to create, which a right to get is not enough for.
    expect((await ask(`${path}id%20-u`, proxy, 'POST')).status).toBe(403);
    const all = tokens.get('all');
    expect(await ask(`${path}id%20-u`, all, 'POST')).toEqual({ status: 200, body: '0\n' });
    expect(await ask(`${path}false`, all, 'POST')).toEqual({ status: 500, body: "command 'false' exited with 1: " });
    expect((await ask(`${path}id`, proxy)).status).toBe(405);
  });

  it('forwards ports', async () => {
    const proxy = tokens.get('proxy');
    node.runtime.listeners.add(`${node.pod('web').metadata.uid}:80`);
    const socket = await open('/portForward/default/web?port=80', proxy);
    socket.send(Buffer.from('\0ping'));
    const got: string[] = [];
    for await (const [data] of on(socket, 'message')) {
      const [channel, ...content] = data as Buffer;
      if (channel === 0) got.push(Buffer.from(content).toString());
      if (got.length === 2) break;
    }
    // Its port comes first, and what listens here echoes.
    expect(got).toEqual(['P\0', 'ping']);
    socket.close();
    await expect(open('/portForward/default/web', proxy)).rejects.toThrow('400');
  });
});
