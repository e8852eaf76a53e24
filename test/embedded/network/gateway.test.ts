import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installAddon } from '../../../src/cluster/addons/install.ts';
import type { Condition } from '../../../src/kube/api.gen.ts';
import type { KubeObject, Resource, Stored } from '../../../src/kube/meta.ts';
import { endpointSlices, namespaces, services } from '../../../src/kube/resources.ts';
import { type Lab, openLab } from './lab.ts';

const group = { group: 'gateway.networking.k8s.io', version: 'v1', namespaced: true };
interface Status extends KubeObject {
  spec?: object;
  status?: {
    addresses?: { value: string }[];
    conditions?: Condition[];
    listeners?: { name: string; attachedRoutes: number; conditions: Condition[] }[];
    parents?: { controllerName: string; conditions: Condition[] }[];
  };
}
const gateways: Resource<Status> = { ...group, resource: 'gateways', kind: 'Gateway' };
const httpRoutes: Resource<Status> = { ...group, resource: 'httproutes', kind: 'HTTPRoute' };

const said = (conditions: Condition[] = []) =>
  Object.fromEntries(conditions.map(({ type, status, reason }) => [type, `${status} ${reason}`]));

describe('the Gateway API', { timeout: 60_000 }, () => {
  let lab: Lab;
  let address = '';

  beforeAll(async () => {
    lab = await openLab();
    await installAddon(lab.client, 'nginx-gateway-fabric', AbortSignal.timeout(60_000));
    await lab.client.create(namespaces, { metadata: { name: 'other' } });
    await Promise.all([
      ...['one', 'two'].map(async (name) => {
        await lab.client.create(services, {
          metadata: { name, namespace: 'default' },
          spec: { selector: { run: name }, ports: [{ port: 80, targetPort: 5678 }] },
        });
        await lab.run(name, { image: 'hashicorp/http-echo:1.0', args: [`-text=${name}`] });
      }),
      lab.run('web', { image: 'nginx:1.27' }),
      lab.client.create(services, {
        metadata: { name: 'web', namespace: 'default' },
        spec: { selector: { run: 'web' }, ports: [{ port: 80 }] },
      }),
      lab.run('client', { image: 'curlimages/curl:8.10.1', command: ['sleep', '3600'] }),
    ]);
    await lab.until(endpointSlices, (all) =>
      ['one', 'two', 'web'].every((name) => all.some((s) => s.endpoints?.some((e) => e.targetRef?.name === name))),
    );
    await lab.client.create(gateways, {
      ...{ apiVersion: 'gateway.networking.k8s.io/v1', kind: 'Gateway' },
      metadata: { name: 'edge', namespace: 'default' },
      spec: {
        gatewayClassName: 'nginx',
        listeners: [
          { name: 'http', port: 80, protocol: 'HTTP' },
          { name: 'https', port: 443, protocol: 'HTTPS', tls: { certificateRefs: [{ name: 'missing' }] } },
        ],
      },
    });
    await lab.until(gateways, (all) => all.some(({ status }) => status?.addresses !== undefined));
    address = (await lab.client.get(gateways, 'default', 'edge')).status?.addresses?.[0]?.value ?? '';
  }, 90_000);
  afterAll(() => lab.cluster.stop());

  /** Resolves with the route once the controller has said something of it. */
  async function attach(name: string, spec: object, namespace = 'default'): Promise<Stored<Status>> {
    await lab.client.create(httpRoutes, {
      ...{ apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute', metadata: { name, namespace } },
      spec: { parentRefs: [{ name: 'edge', namespace: 'default' }], ...spec },
    });
    const answered = ({ status }: Status) => (status?.parents?.length ?? 0) > 0;
    await lab.until(httpRoutes, (all) => all.some((one) => one.metadata.name === name && answered(one)), namespace);
    return lab.client.get(httpRoutes, namespace, name);
  }
  const to = (name: string, weight = 1) => ({ name, port: 80, weight });
  async function get(host: string, path: string, ...more: string[]): Promise<string> {
    const command = ['curl', '-sS', '-H', `Host: ${host}`, '-w', '%{http_code}', ...more, `http://${address}${path}`];
    const { stdout, stderr } = await lab.exec('client', ...command);
    return stdout + stderr;
  }

  it('says of a Gateway and its listeners whether they are accepted and programmed', async () => {
    const { status } = await lab.client.get(gateways, 'default', 'edge');
    expect(said(status?.conditions)).toEqual({ Accepted: 'True ListenersNotValid', Programmed: 'True Programmed' });
    const [http, https] = status?.listeners ?? [];
    expect(said(http?.conditions)).toEqual({
      ...{ Accepted: 'True Accepted', Programmed: 'True Programmed', ResolvedRefs: 'True ResolvedRefs' },
      Conflicted: 'False NoConflicts',
    });
    expect(said(https?.conditions)).toMatchObject({
      ...{ Programmed: 'False Invalid', ResolvedRefs: 'False InvalidCertificateRef' },
    });
  });

  it('routes by host, path, header, query and method, the most exact match first', async () => {
    const header = { headers: [{ name: 'X-Version', value: '2' }] };
    const route = await attach('exact', {
      hostnames: ['a.example'],
      rules: [
        { backendRefs: [to('one')] },
        { matches: [{ path: { type: 'PathPrefix', value: '/two' } }], backendRefs: [to('two')] },
        {
          matches: [header, { queryParams: [{ name: 'v', value: '2' }] }, { method: 'DELETE' }],
          backendRefs: [to('two')],
        },
      ],
    });
    expect(said(route.status?.parents?.[0]?.conditions)).toEqual({
      Accepted: 'True Accepted',
      ResolvedRefs: 'True ResolvedRefs',
    });
    expect(await get('a.example', '/')).toBe('one\n200');
    expect(await get('a.example', '/two/x')).toBe('two\n200');
    expect(await get('a.example', '/twofold')).toBe('one\n200');
    expect(await get('a.example', '/', '-H', 'X-Version: 2')).toBe('two\n200');
    expect(await get('a.example', '/?v=2')).toBe('two\n200');
    expect(await get('a.example', '/', '-X', 'DELETE')).toBe('two\n200');
    expect(await get('b.example', '/')).toMatch(/404$/);
  });

  it('shares requests by weight', async () => {
    await attach('weighted', { hostnames: ['w.example'], rules: [{ backendRefs: [to('one', 0), to('two', 5)] }] });
    expect(await Promise.all(Array.from({ length: 5 }, () => get('w.example', '/')))).toEqual(
      Array(5).fill('two\n200'),
    );
  });

  it('redirects, and rewrites paths', async () => {
    await attach('filters', {
      hostnames: ['f.example'],
      rules: [
        {
          matches: [{ path: { type: 'PathPrefix', value: '/old' } }],
          filters: [{ type: 'RequestRedirect', requestRedirect: { scheme: 'https', statusCode: 301 } }],
        },
        {
          matches: [{ path: { type: 'PathPrefix', value: '/site' } }],
          filters: [
            { type: 'URLRewrite', urlRewrite: { path: { type: 'ReplacePrefixMatch', replacePrefixMatch: '/' } } },
            { type: 'ResponseHeaderModifier', responseHeaderModifier: { set: [{ name: 'X-Edge', value: 'yes' }] } },
          ],
          backendRefs: [to('web')],
        },
      ],
    });
    expect(await get('f.example', '/old/x', '-i')).toMatch(
      /^HTTP\/1.1 301[\s\S]*Location: https:\/\/f\.example\/old\/x/,
    );
    const page = await get('f.example', '/site/index.html', '-i');
    expect(page).toMatch(/x-edge: yes/i);
    expect(page).toMatch(/Welcome to nginx[\s\S]*200$/);
  });

  it('leaves a port to the Gateway that had it first', async () => {
    const listeners = [{ name: 'tls', port: 80, protocol: 'HTTPS', tls: { certificateRefs: [{ name: 'any' }] } }];
    await lab.client.create(gateways, {
      ...{
        apiVersion: 'gateway.networking.k8s.io/v1',
        kind: 'Gateway',
        metadata: { name: 'late', namespace: 'default' },
      },
      spec: { gatewayClassName: 'nginx', listeners },
    });
    await lab.until(gateways, (all) =>
      all.some((one) => one.metadata.name === 'late' && one.status?.listeners !== undefined),
    );
    const { status } = await lab.client.get(gateways, 'default', 'late');
    expect(said(status?.conditions)).toEqual({ Accepted: 'False ListenersNotValid', Programmed: 'False Invalid' });
    expect(said(status?.listeners?.[0]?.conditions)).toMatchObject({ Conflicted: 'True ProtocolConflict' });
    await attach('still', { hostnames: ['s.example'], rules: [{ backendRefs: [to('one')] }] });
    expect(await get('s.example', '/')).toBe('one\n200');
  });

  it('says why a route is not served', async () => {
    const gone = await attach('gone', { hostnames: ['g.example'], rules: [{ backendRefs: [to('nothing')] }] });
    expect(said(gone.status?.parents?.[0]?.conditions)).toEqual({
      Accepted: 'True Accepted',
      ResolvedRefs: 'False BackendNotFound',
    });
    expect(await get('g.example', '/')).toMatch(/500$/);
    const foreign = await attach('foreign', { rules: [{ backendRefs: [] }] }, 'other');
    expect(said(foreign.status?.parents?.[0]?.conditions)).toMatchObject({ Accepted: 'False NotAllowedByListeners' });
    const lost = await attach('lost', { parentRefs: [{ name: 'edge', sectionName: 'nowhere' }], rules: [] });
    expect(said(lost.status?.parents?.[0]?.conditions)).toMatchObject({ Accepted: 'False NoMatchingParent' });
  });
});
