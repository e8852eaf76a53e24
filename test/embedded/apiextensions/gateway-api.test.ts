import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installAddon } from '../../../src/cluster/addons/install.ts';
import { KubeClient } from '../../../src/kube/client.ts';
import { type Api, startApi } from './api.ts';

const group = '/apis/gateway.networking.k8s.io/v1';
const gateways = `${group}/namespaces/default/gateways`;
const routes = `${group}/namespaces/default/httproutes`;
const apiVersion = 'gateway.networking.k8s.io/v1';

let api: Api;
beforeAll(async () => {
  api = await startApi();
  const client = KubeClient.fromText(api.cluster.kubeconfig());
  const { signal } = new AbortController();
  // Again: what is there is no obstacle.
  for (let times = 0; times < 2; times++) await installAddon(client, 'gateway-api', signal);
  await client.close();
});
afterAll(() => api.stop());

const gateway = (name: string, listeners: unknown[]) => ({
  ...{ apiVersion, kind: 'Gateway', metadata: { name }, spec: { gatewayClassName: 'nginx', listeners } },
});
const route = (name: string, spec: unknown) => ({ apiVersion, kind: 'HTTPRoute', metadata: { name }, spec });

describe('the Gateway API as an addon', () => {
  it('is served at once, in both versions', async () => {
    const { body } = await api.get(group);
    const names = body.resources.map(({ name }: { name: string }) => name);
    expect(names).toEqual(expect.arrayContaining(['gatewayclasses', 'gateways', 'gateways/status', 'httproutes']));
    expect((await api.get(gateways.replace('/v1/', '/v1beta1/'))).body.apiVersion).toBe(
      'gateway.networking.k8s.io/v1beta1',
    );
  });

  it('sets defaults and shows its columns', async () => {
    const made = await api.post(gateways, gateway('web', [{ name: 'http', port: 80, protocol: 'HTTP' }]));
    expect(made.status).toBe(201);
    expect(made.body.spec.listeners[0].allowedRoutes).toEqual({ namespaces: { from: 'Same' } });
    const table = await api.get(gateways, 'application/json;as=Table;g=meta.k8s.io;v=v1');
    expect(table.body.columnDefinitions.map(({ name }: { name: string }) => name)).toEqual([
      'Name',
      'Class',
      'Address',
      'Programmed',
      'Age',
    ]);
    const plain = await api.post(
      routes,
      route('all', { parentRefs: [{ name: 'web' }], rules: [{ backendRefs: [{ name: 'a', port: 80 }] }] }),
    );
    expect(plain.body.spec.rules[0].matches).toEqual([{ path: { type: 'PathPrefix', value: '/' } }]);
    expect(plain.body.spec.rules[0].backendRefs[0]).toEqual({
      group: '',
      kind: 'Service',
      name: 'a',
      port: 80,
      weight: 1,
    });
  });

  it.each([
    [
      'tls on HTTP',
      [{ name: 'a', port: 80, protocol: 'HTTP', tls: { certificateRefs: [{ name: 's' }] } }],
      'tls must not be specified',
    ],
    [
      'HTTPS that passes through',
      [{ name: 'a', port: 443, protocol: 'HTTPS', tls: { mode: 'Passthrough' } }],
      'tls mode must be Terminate',
    ],
    [
      'no certificate',
      [{ name: 'a', port: 443, protocol: 'HTTPS', tls: { certificateRefs: [] } }],
      'certificateRefs or options must be',
    ],
    [
      'the same twice',
      [
        { name: 'a', port: 80, protocol: 'HTTP' },
        { name: 'b', port: 80, protocol: 'HTTP' },
      ],
      'Combination of port, protocol and hostname must be unique for each listener',
    ],
    ['no listener', [], 'spec.listeners in body should have at least 1 items'],
  ])('refuses a Gateway: %s', async (_, listeners, message) => {
    const { status, body } = await api.post(gateways, gateway('bad', listeners));
    expect([status, body.message]).toEqual([422, expect.stringContaining(message)]);
  });

  const filter = (type: string, more: Record<string, unknown> = {}) => ({ filters: [{ type, ...more }] });
  const replaced = { urlRewrite: { path: { type: 'ReplacePrefixMatch', replacePrefixMatch: '/new' } } };
  it.each([
    ['a backend without a port', { rules: [{ backendRefs: [{ name: 'a' }] }] }, 'Must have port for Service reference'],
    ['a path that is none', { rules: [{ matches: [{ path: { value: 'a//b' } }] }] }, "must not contain '//'"],
    ['a filter without settings', { rules: [filter('RequestRedirect')] }, 'filter.requestRedirect must be specified'],
    [
      'settings of another filter',
      { rules: [filter('RequestRedirect', { requestRedirect: {}, urlRewrite: {} })] },
      'filter.urlRewrite must be nil',
    ],
    [
      'a redirect with backends',
      { rules: [{ ...filter('RequestRedirect', { requestRedirect: {} }), backendRefs: [{ name: 'a', port: 1 }] }] },
      'RequestRedirect filter must not be used together with backendRefs',
    ],
    [
      'a prefix to replace where none matched',
      { rules: [{ ...filter('URLRewrite', replaced), matches: [{ path: { type: 'Exact', value: '/a' } }] }] },
      'exactly one PathPrefix match must be specified',
    ],
    ['one parent twice', { parentRefs: [{ name: 'a' }, { name: 'a' }] }, 'sectionName must be unique'],
    [
      'a parent with and without section',
      { parentRefs: [{ name: 'a' }, { name: 'a', sectionName: 's' }] },
      'sectionName must be specified',
    ],
    [
      'timeouts',
      { rules: [{ timeouts: { request: '1s', backendRequest: '2s' } }] },
      'cannot be longer than request timeout',
    ],
  ])('refuses an HTTPRoute: %s', async (_, spec, message) => {
    const { status, body } = await api.post(routes, route('bad', spec));
    expect([status, body.message]).toEqual([422, expect.stringContaining(message)]);
  });

  it('takes an HTTPRoute that uses most of it', async () => {
    const spec = {
      parentRefs: [
        { name: 'web', sectionName: 'http' },
        { name: 'web', sectionName: 'https' },
        { name: 'web', namespace: 'other' },
      ],
      hostnames: ['*.example.com'],
      rules: [
        {
          matches: [{ path: { value: '/old' }, headers: [{ name: 'X-A', value: '1' }], method: 'GET' }],
          filters: [
            { type: 'URLRewrite', ...replaced },
            { type: 'RequestHeaderModifier', requestHeaderModifier: { set: [{ name: 'X-B', value: '2' }] } },
          ],
          backendRefs: [
            { name: 'a', port: 80, weight: 9 },
            { name: 'b', port: 80 },
          ],
          timeouts: { request: '2s', backendRequest: '1s' },
        },
      ],
    };
    expect((await api.post(routes, route('full', spec))).status).toBe(201);
  });

  it('names of controllers stay', async () => {
    const path = `${group}/gatewayclasses`;
    const made = await api.post(path, {
      apiVersion,
      kind: 'GatewayClass',
      metadata: { name: 'nginx' },
      spec: { controllerName: 'a.io/b' },
    });
    // The defaults of the status come with what is read back.
    expect(made.body.status.conditions).toMatchObject([{ type: 'Accepted', status: 'Unknown', reason: 'Pending' }]);
    const changed = await api.patch(`${path}/nginx`, 'application/merge-patch+json', {
      spec: { controllerName: 'a.io/c' },
    });
    expect(changed.body.message).toContain('spec.controllerName: Invalid value: "a.io/c": Value is immutable');
  });
});
