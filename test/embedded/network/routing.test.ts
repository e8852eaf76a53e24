import { describe, expect, it } from 'vitest';
import {
  type Backend,
  hostCovers,
  hostsFor,
  type PathMatch,
  pickBackend,
  type RouteMatch,
  routeFor,
} from '../../../src/embedded/container/reverse-proxy/routing.ts';
import fc from '../../helpers/fast-check.ts';

const request = (path: string, headers: Record<string, string> = {}, method = 'GET', query = '') => ({
  ...{ method, path, query: new URLSearchParams(query) },
  header: (name: string) => headers[name],
});
const route = (status: number, match: RouteMatch) => ({ match, action: { kind: 'respond' as const, status } });
const taken = (routes: ReturnType<typeof route>[], of: ReturnType<typeof request>) => {
  const action = routeFor(routes, of)?.action;
  return action?.kind === 'respond' ? action.status : undefined;
};

describe('hosts', () => {
  it.each([
    ['a.example', 'a.example', 'one', true],
    ['a.example', 'b.example', 'one', false],
    ['', 'b.example', 'one', true],
    ['*.example', 'a.example', 'one', true],
    ['*.example', 'example', 'one', false],
    ['*.example', 'b.a.example', 'one', false],
    ['*.example', 'b.a.example', 'any', true],
    ['*.example', 'a-example', 'any', false],
  ] as const)('%j covers %s (%s): %s', (host, name, labels, covers) => {
    expect(hostCovers(host, name, labels)).toBe(covers);
  });

  it('are tried from the most exact one', () => {
    const hosts = ['', '*.example', 'a.b.example', '*.b.example'].map((host) => ({ host }));
    expect(hostsFor(hosts, 'a.b.example', 'any').map(({ host }) => host)).toEqual([
      ...['a.b.example', '*.b.example', '*.example', ''],
    ]);
  });
});

describe('paths', () => {
  // The table of the Kubernetes documentation on Ingress.
  it.each([
    ['Prefix', '/', '/any', true],
    ['Exact', '/foo', '/foo', true],
    ['Exact', '/foo', '/bar', false],
    ['Exact', '/foo', '/foo/', false],
    ['Exact', '/foo/', '/foo', false],
    ['Prefix', '/foo', '/foo/', true],
    ['Prefix', '/foo/', '/foo', true],
    ['Prefix', '/aaa/bb', '/aaa/bbb', false],
    ['Prefix', '/aaa/bbb/', '/aaa/bbb', true],
    ['Prefix', '/aaa/bbb', '/aaa/bbb/ccc', true],
    ['Prefix', '/aaa/bbb', '/aaa/bbbxyz', false],
    ['Literal', '/aaa', '/aaaa', true],
    ['Pattern', '/a(/|$)(.*)', '/a/b', true],
    ['Pattern', '/a(/|$)(.*)', '/ab', false],
    ['Pattern', '/a(', '/a', false],
  ] as [PathMatch['type'], string, string, boolean][])('%s %s takes %s: %s', (type, value, path, takes) => {
    expect(taken([route(200, { path: { type, value } })], request(path))).toBe(takes ? 200 : undefined);
  });
});

describe('the most exact match', () => {
  const all: PathMatch = { type: 'Prefix', value: '/' };
  const header = { type: 'Exact' as const, name: 'x', value: '1' };

  it('is that of the path, then of the method, the headers, the query, then the first', () => {
    const routes = [
      route(1, { path: all }),
      route(2, { path: all, query: [{ ...header, name: 'q' }] }),
      route(3, { path: all, headers: [header] }),
      route(4, { path: all, method: 'PUT' }),
      route(5, { path: { type: 'Prefix', value: '/long' } }),
      route(6, { path: { type: 'Exact', value: '/long' } }),
      route(7, { path: { type: 'Exact', value: '/long' } }),
    ];
    expect(taken(routes, request('/'))).toBe(1);
    expect(taken(routes, request('/', {}, 'GET', 'q=1'))).toBe(2);
    expect(taken(routes, request('/', { x: '1' }, 'GET', 'q=1'))).toBe(3);
    expect(taken(routes, request('/', { x: '1' }, 'PUT', 'q=1'))).toBe(4);
    expect(taken(routes, request('/long/er', { x: '1' }, 'PUT'))).toBe(5);
    expect(taken(routes, request('/long'))).toBe(6);
  });
});

describe('weights', () => {
  it('are kept over all random numbers, and nothing is taken where there are none', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(5), { maxLength: 4 }), (weights) => {
        const backends = weights.map(
          (weight, i): Backend => ({ name: String(i), endpoints: [], weight, secure: false }),
        );
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        const drawn = Array.from({ length: total }, (_, i) => Number(pickBackend(backends, i / total)?.name));
        expect(weights.map((_, i) => drawn.filter((one) => one === i).length)).toEqual(weights);
        if (total === 0) expect(pickBackend(backends, 0)).toBeUndefined();
      }),
    );
  });
});
