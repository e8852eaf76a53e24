import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, startApi, things, thingsPath, thingVersion } from '../embedded-apiextensions/api.ts';

const services = '/apis/apiregistration.k8s.io/v1/apiservices';
const service = (version: string, group: string) => ({
  ...{ apiVersion: 'apiregistration.k8s.io/v1', kind: 'APIService', metadata: { name: `${version}.${group}` } },
  spec: {
    ...{ group, version, groupPriorityMinimum: 100, versionPriority: 100, insecureSkipTLSVerify: true },
    service: { namespace: 'default', name: 'elsewhere' },
  },
});

let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

describe('a group whose APIService names a server elsewhere', () => {
  it.each(['/apis/remote.example.com/v1', '/apis/remote.example.com/v1/namespaces/default/cars/a'])(
    'says that it is not simulated at %s',
    async (path) => {
      expect((await api.get(path)).status).toBe(404);
      const made = await api.post(services, service('v1', 'remote.example.com'));
      expect(made.body.status.conditions).toMatchObject([{ type: 'Available', status: 'False' }]);
      const { status, body } = await api.get(path);
      expect([status, body.reason, body.message]).toEqual([
        501,
        'NotImplemented',
        'the API server behind the APIService v1.remote.example.com is not simulated by this cluster',
      ]);
      expect((await api.get('/apis/remote.example.com/v2')).status).toBe(404);
      await api.delete(`${services}/v1.remote.example.com`);
    },
  );

  it('is served here if it is', async () => {
    await api.post(services, service('v1', 'example.com'));
    await api.define('things.example.com', things([thingVersion('v1', { type: 'object' })]));
    expect((await api.get(thingsPath)).body.kind).toBe('ThingList');
  });
});
