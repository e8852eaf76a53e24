import { describe, expect, it } from 'vitest';
import { parseForbidden } from '../../src/kube/forbidden.ts';

describe('parseForbidden', () => {
  it('reads a log line of kubectl', () => {
    expect(
      parseForbidden(
        'Error from server (Forbidden): pods is forbidden: User "system:serviceaccount:project-swan:default" cannot list resource "pods" in API group "" in the namespace "project-swan"',
      ),
    ).toEqual({
      user: 'system:serviceaccount:project-swan:default',
      verb: 'list',
      resource: 'pods',
      apiGroup: '',
      namespace: 'project-swan',
    });
  });

  it('reads name, group, subresource and scope', () => {
    expect(
      parseForbidden(
        'deployments.apps "d" is forbidden: User "jane" cannot patch resource "deployments/scale" in API group "apps" at the cluster scope',
      ),
    ).toEqual({
      user: 'jane',
      verb: 'patch',
      resource: 'deployments',
      subresource: 'scale',
      apiGroup: 'apps',
      name: 'd',
    });
  });

  it('keeps what the authorizer adds', () => {
    const text =
      'pods is forbidden: User "u" cannot list resource "pods" in API group "" in the namespace "n": RBAC: role.rbac.authorization.k8s.io "podz" not found';
    expect(parseForbidden(`${text}\nnext line`)?.reason).toBe('RBAC: role.rbac.authorization.k8s.io "podz" not found');
  });

  it('reads a Status in JSON', () => {
    const message =
      'pods "x" is forbidden: User "jane" cannot get resource "pods/log" in API group "" in the namespace "t"';
    expect(parseForbidden(JSON.stringify({ kind: 'Status', message }))).toMatchObject({
      user: 'jane',
      subresource: 'log',
      name: 'x',
      namespace: 't',
    });
  });

  it('reads a path', () => {
    expect(parseForbidden('forbidden: User "bob" cannot get path "/metrics"')).toEqual({
      user: 'bob',
      verb: 'get',
      path: '/metrics',
    });
  });

  it('finds nothing in other refusals', () => {
    expect(parseForbidden('pods "p" is forbidden: exceeded quota: q, requested: pods=1')).toBeUndefined();
    expect(parseForbidden('')).toBeUndefined();
  });
});
