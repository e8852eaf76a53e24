import { PassThrough, Writable } from 'node:stream';
import {
  CoreV1Api,
  Exec,
  KubeConfig,
  makeInformer,
  PatchStrategy,
  setHeaderOptions,
  type V1ConfigMap,
  type V1Status,
} from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NodeAgent } from '../../src/embedded/api.ts';
import { namespaces, pods } from '../../src/kube/resources.ts';
import { type Harness, startHarness } from './harness.ts';

const agent: NodeAgent = {
  nodeName: 'n1',
  logs: async () => new PassThrough().end('a line\n'),
  async exec(_pod, { command }) {
    const stdout = new PassThrough();
    stdout.end(`ran ${command.join(' ')}\n`);
    return { stdout, exit: Promise.resolve(3), close: () => undefined };
  },
  attach: () => Promise.reject(new Error('not here')),
  portForward: () => Promise.reject(new Error('not here')),
};

let harness: Harness;
let config: KubeConfig;
let core: CoreV1Api;
const namespace = 'shop';

beforeAll(async () => {
  harness = await startHarness({ agents: { n1: agent } });
  await harness.create(namespaces, { metadata: { name: namespace } });
  const spec = { nodeName: 'n1', containers: [{ name: 'c' }] };
  await harness.create(pods, { metadata: { name: 'web', namespace }, spec } as never);
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  config = new KubeConfig();
  config.loadFromOptions({
    clusters: [{ name: 'c', server: harness.server.url, caData: base64(harness.pki.ca.certificate) }],
    users: [{ name: 'u', certData: base64(harness.pki.admin.certificate), keyData: base64(harness.pki.admin.key) }],
    contexts: [{ name: 'x', cluster: 'c', user: 'u' }],
    currentContext: 'x',
  });
  core = config.makeApiClient(CoreV1Api);
});
afterAll(() => harness.close());

describe('@kubernetes/client-node', () => {
  it('creates, reads, patches and deletes', async () => {
    const body: V1ConfigMap = { metadata: { name: 'settings' }, data: { a: '1' } };
    const created = await core.createNamespacedConfigMap({ namespace, body });
    expect(created.metadata?.creationTimestamp).toBeInstanceOf(Date);
    const patched = await core.patchNamespacedConfigMap(
      { name: 'settings', namespace, body: { data: { b: '2' } } },
      setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
    );
    expect(patched.data).toEqual({ a: '1', b: '2' });
    await core.deleteNamespacedConfigMap({ name: 'settings', namespace });
    await expect(core.readNamespacedConfigMap({ name: 'settings', namespace })).rejects.toMatchObject({ code: 404 });
  });

  it('follows changes with an informer', async () => {
    const informer = makeInformer(config, `/api/v1/namespaces/${namespace}/configmaps`, () =>
      core.listNamespacedConfigMap({ namespace }),
    );
    const seen = Promise.withResolvers<string | undefined>();
    informer.on('add', (object) => seen.resolve(object.metadata?.name));
    informer.on('error', (error) => seen.reject(error));
    await informer.start();
    await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'later' } } });
    expect(await seen.promise).toBe('later');
    await informer.stop();
  });

  it('reads logs and runs commands', async () => {
    expect(await core.readNamespacedPodLog({ name: 'web', namespace })).toBe('a line\n');
    let output = '';
    const stdout = new Writable({
      write(chunk, _encoding, done) {
        output += chunk;
        done();
      },
    });
    const status = await new Promise<V1Status>((resolve, reject) => {
      const exec = new Exec(config);
      exec.exec(namespace, 'web', 'c', ['date'], stdout, null, null, false, resolve).catch(reject);
    });
    expect(output).toBe('ran date\n');
    expect(status.details?.causes?.[0]?.message).toBe('3');
  });
});
