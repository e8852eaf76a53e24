import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ClusterRole, PolicyRule } from '../../src/kube/api.gen.ts';
import {
  allows,
  compactRules,
  covers,
  describeRule,
  excess,
  formatRight,
  missingRights,
  type RuleAttributes,
  rulesAllow,
} from '../../src/kube/rules.ts';
import fc from '../helpers/fast-check.ts';

const on = (verb: string, resource: string, more: { group?: string; subresource?: string; name?: string } = {}) =>
  ({ resourceRequest: true, verb, group: '', resource, ...more }) satisfies RuleAttributes;

describe('allows', () => {
  const readPods: PolicyRule = { verbs: ['get', 'list'], apiGroups: [''], resources: ['pods'] };

  it('wants verb, group and resource to match', () => {
    expect(allows(readPods, on('list', 'pods'))).toBe(true);
    expect(allows(readPods, on('watch', 'pods'))).toBe(false);
    expect(allows(readPods, on('list', 'secrets'))).toBe(false);
    expect(allows(readPods, on('list', 'pods', { group: 'metrics.k8s.io' }))).toBe(false);
  });

  it('does not reach subresources unless they are named', () => {
    expect(allows(readPods, on('get', 'pods', { subresource: 'log' }))).toBe(false);
    expect(allows({ ...readPods, resources: ['pods/log'] }, on('get', 'pods', { subresource: 'log' }))).toBe(true);
    expect(allows({ ...readPods, resources: ['*/log'] }, on('get', 'pods', { subresource: 'log' }))).toBe(true);
    expect(allows({ ...readPods, resources: ['*/log'] }, on('get', 'pods'))).toBe(false);
    expect(allows({ ...readPods, resources: ['*'] }, on('get', 'pods', { subresource: 'log' }))).toBe(true);
  });

  it('holds to resourceNames, also where the request has no name', () => {
    const named: PolicyRule = { ...readPods, resourceNames: ['web'] };
    expect(allows(named, on('get', 'pods', { name: 'web' }))).toBe(true);
    expect(allows(named, on('get', 'pods', { name: 'db' }))).toBe(false);
    expect(allows(named, on('list', 'pods'))).toBe(false);
  });

  it('matches paths exactly or by a final star', () => {
    const rule: PolicyRule = { verbs: ['get'], nonResourceURLs: ['/healthz', '/metrics/*'] };
    const path = (p: string) => allows(rule, { resourceRequest: false, verb: 'get', path: p });
    expect([path('/healthz'), path('/healthz/x'), path('/metrics/a/b'), path('/metrics')]).toEqual([
      true,
      false,
      true,
      false,
    ]);
    expect(allows(rule, on('get', 'healthz'))).toBe(false);
  });
});

describe('covers and missingRights', () => {
  const edit: PolicyRule[] = [
    { verbs: ['get', 'list'], apiGroups: [''], resources: ['pods', 'pods/log'] },
    { verbs: ['*'], apiGroups: ['apps'], resources: ['*'] },
    { verbs: ['get'], apiGroups: [''], resources: ['secrets'], resourceNames: ['a', 'b'] },
  ];

  it('splits a rule so that several rules together may cover it', () => {
    const required: PolicyRule[] = [{ verbs: ['get'], apiGroups: ['', 'apps'], resources: ['pods'] }];
    expect(covers(edit, required)).toBe(true);
  });

  it('gives a wildcard only for a wildcard', () => {
    expect(covers(edit, [{ verbs: ['*'], apiGroups: ['apps'], resources: ['deployments/scale'] }])).toBe(true);
    expect(covers(edit, [{ verbs: ['*'], apiGroups: [''], resources: ['pods'] }])).toBe(false);
  });

  it('does not take some names for all', () => {
    const secrets = { verbs: ['get'], apiGroups: [''], resources: ['secrets'] };
    expect(covers(edit, [secrets])).toBe(false);
    expect(covers(edit, [{ ...secrets, resourceNames: ['b', 'a'] }])).toBe(true);
    expect(covers(edit, [{ ...secrets, resourceNames: ['c'] }])).toBe(false);
  });

  it('words what is missing as escalation messages do', () => {
    const required: PolicyRule[] = [
      { verbs: ['get', 'delete'], apiGroups: [''], resources: ['pods', 'services'] },
      { verbs: ['create'], apiGroups: ['batch'], resources: ['jobs'] },
    ];
    expect(compactRules(missingRights(edit, required)).map(describeRule)).toEqual([
      '{APIGroups:[""], Resources:["pods"], Verbs:["delete"]}',
      '{APIGroups:[""], Resources:["services"], Verbs:["get" "delete"]}',
      '{APIGroups:["batch"], Resources:["jobs"], Verbs:["create"]}',
    ]);
  });
});

describe('excess', () => {
  const allowed: PolicyRule[] = [{ verbs: ['get', 'list', 'watch'], apiGroups: [''], resources: ['pods'] }];
  const reported = (...granted: PolicyRule[]) => excess(granted, allowed).map(formatRight);

  it('is empty when nothing goes beyond', () => {
    expect(reported({ verbs: ['list'], apiGroups: [''], resources: ['pods'] })).toEqual([]);
    expect(reported({ verbs: ['list'], apiGroups: [''], resources: ['pods'], resourceNames: ['x'] })).toEqual([]);
  });

  it('names each right beyond, once', () => {
    expect(reported({ verbs: ['list', 'delete'], apiGroups: ['', 'apps'], resources: ['pods', 'pods/log'] })).toEqual([
      'delete pods',
      'list pods/log',
      'delete pods/log',
      'list pods.apps',
      'delete pods.apps',
      'list pods.apps/log',
      'delete pods.apps/log',
    ]);
    expect(reported({ verbs: ['get', 'get'], apiGroups: [''], resources: ['secrets'], resourceNames: ['s'] })).toEqual([
      'get secrets "s"',
    ]);
  });

  it('tells a wildcard instead of what it includes', () => {
    const star: PolicyRule = { verbs: ['*'], apiGroups: ['*'], resources: ['*'] };
    expect(reported(star, { verbs: ['get'], apiGroups: [''], resources: ['secrets'] })).toEqual(['* *.*']);
    expect(reported({ verbs: ['get'], nonResourceURLs: ['/metrics', '/*'] })).toEqual(['get path /*']);
  });

  it('stays quick for the largest default role', () => {
    const roles: ClusterRole[] = JSON.parse(readFileSync('fixtures/kubernetes/rbac/clusterroles.json', 'utf8'));
    const admin = roles.find((r) => r.metadata?.name === 'admin');
    const start = performance.now();
    expect(excess(admin?.rules ?? [], allowed).length).toBeGreaterThan(100);
    expect(performance.now() - start).toBeLessThan(500);
  });
});

describe('the algebra as a whole', () => {
  const pick = (...items: string[]) => fc.uniqueArray(fc.constantFrom(...items), { minLength: 1, maxLength: 3 });
  const rule: fc.Arbitrary<PolicyRule> = fc.record(
    {
      verbs: pick('get', 'list', '*', 'delete'),
      apiGroups: pick('', 'apps', '*'),
      resources: pick('pods', 'pods/log', '*', '*/log', 'secrets'),
      resourceNames: pick('a', 'b'),
    },
    { requiredKeys: ['verbs', 'apiGroups', 'resources'] },
  );
  const request = fc.record({
    resourceRequest: fc.constant(true as const),
    verb: fc.constantFrom('get', 'list', 'delete'),
    group: fc.constantFrom('', 'apps', 'batch'),
    resource: fc.constantFrom('pods', 'secrets', 'jobs'),
    subresource: fc.constantFrom('', 'log'),
    name: fc.constantFrom('', 'a', 'c'),
  });

  it('lets a covered set allow no request that the covering set does not', () => {
    fc.assert(
      fc.property(fc.array(rule), fc.array(rule), request, (granted, required, r) => {
        if (covers(granted, required) && rulesAllow(required, r)) expect(rulesAllow(granted, r)).toBe(true);
      }),
    );
  });

  it('finds every request that goes beyond in the excess', () => {
    fc.assert(
      fc.property(fc.array(rule), fc.array(rule), request, (granted, allowed, r) => {
        if (rulesAllow(granted, r) && !rulesAllow(allowed, r)) expect(excess(granted, allowed)).not.toEqual([]);
        if (excess(granted, allowed).length === 0) expect(covers(allowed, granted)).toBe(true);
      }),
    );
  });
});
