import { describe, expect, it } from 'vitest';
import { requestInfo } from '../../../src/embedded/server/request-info.ts';

const about = (method: string, target: string) => {
  const { verb, group, version, namespace, resource, subresource, name } = requestInfo(method, target);
  return [verb, group, version, namespace, resource, subresource, name].join(' ').replace(/ +/g, ' ').trim();
};

describe('requestInfo', () => {
  it.each([
    ['GET', '/api/v1/pods', 'list v1 pods'],
    ['GET', '/api/v1/namespaces/x/pods/p', 'get v1 x pods p'],
    ['GET', '/api/v1/namespaces/x/pods/p/log?follow=true', 'get v1 x pods log p'],
    ['POST', '/apis/apps/v1/namespaces/x/deployments', 'create apps v1 x deployments'],
    ['DELETE', '/apis/apps/v1/namespaces/x/deployments', 'deletecollection apps v1 x deployments'],
    ['PATCH', '/apis/apps/v1/namespaces/x/deployments/d/scale', 'patch apps v1 x deployments scale d'],
    ['GET', '/api/v1/namespaces/x', 'get v1 x namespaces x'],
    ['PUT', '/api/v1/namespaces/x/finalize', 'update v1 x namespaces finalize x'],
    ['GET', '/api/v1/watch/namespaces/x/pods', 'watch v1 x pods'],
    ['GET', '/api/v1/namespaces/x/pods?watch=yes', 'watch v1 x pods'],
    ['GET', '/api/v1/namespaces/x/pods?watch=0', 'list v1 x pods'],
    ['GET', '/api/v1/namespaces/x/pods?fieldSelector=metadata.name%3Dp', 'list v1 x pods p'],
    ['GET', '/api/v1/namespaces/x/pods?fieldSelector=metadata.name!%3Dp', 'list v1 x pods'],
    ['OPTIONS', '/api/v1/namespaces/x/pods', 'v1 x pods'],
  ])('reads %s %s', (method, target, expected) => {
    expect(about(method, target)).toBe(expected);
  });

  it.each(['/', '/api', '/api/v1', '/apis/apps', '/apis/apps/v1', '/healthz', '/version/', '/openapi/v3/api/v1'])(
    'takes %s for a plain path',
    (target) => {
      const info = requestInfo('GET', target);
      expect(info.isResourceRequest).toBe(false);
      expect(info.verb).toBe('get');
    },
  );
});
