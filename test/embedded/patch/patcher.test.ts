import { describe, expect, it } from 'vitest';
import { isApiError } from '../../../src/embedded/errors/status.ts';
import { createPatcher } from '../../../src/embedded/patch/index.ts';
import type { KubeObject } from '../../../src/kube/meta.ts';

const deployments = {
  group: 'apps',
  version: 'v1',
  resource: 'deployments',
  kind: 'Deployment',
  namespaced: true,
  singular: 'deployment',
  schema: 'io.k8s.api.apps.v1.Deployment',
  strategy: {},
  columns: [],
  cells: () => [],
};
const live = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'd', namespace: 'n' },
  spec: { replicas: 1, selector: {}, strategy: {}, template: { metadata: {}, spec: { containers: [] } } },
  status: {},
} satisfies KubeObject & { spec: unknown; status: unknown };

const patch = (type: 'json' | 'merge' | 'strategic', body: unknown, fieldValidation: 'Strict' | 'Warn' = 'Warn') =>
  createPatcher().patch({ definition: deployments, type, live, body, fieldValidation });

function message(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (isApiError(error)) return `${error.status.code} ${error.status.message}`;
    throw error;
  }
  return 'none';
}

describe('the patcher', () => {
  // As kubectl shows them of a real cluster, or by the rules of the unstructured converter.
  it.each([
    [{ spec: { replicas: 'two' } }, 'unrecognized type: int32'],
    [{ spec: { replicas: 1.5 } }, 'cannot convert float64 to int32'],
    [{ spec: { paused: 'x' } }, 'unrecognized type: bool'],
    [{ spec: { template: [] } }, 'cannot restore struct from: slice'],
    [{ metadata: { labels: 'x' } }, 'cannot restore map from string'],
    [{ metadata: { labels: { a: true } } }, 'unrecognized type: string'],
    [{ metadata: { finalizers: 5 } }, 'cannot restore slice from int64'],
  ])('refuses a strategic patch of the wrong type: %j', (body, why) => {
    expect(message(() => patch('strategic', body))).toMatch(
      new RegExp(`^422  "" is invalid: patch: Invalid value: "map\\[.*\\]": ${why}$`),
    );
  });

  it('words type errors of other patches as the JSON decoder does', () => {
    expect(message(() => patch('merge', { spec: { replicas: 'two' } }))).toMatch(
      / json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32$/,
    );
  });

  it('warns of unknown fields, and refuses them only if strict', () => {
    for (const [type, body] of [
      ['strategic', { spec: { bogus: 1 } }],
      ['merge', { spec: { bogus: 1 } }],
      ['json', [{ op: 'add', path: '/spec/bogus', value: 1 }]],
    ] as const) {
      const { object, warnings } = patch(type, body);
      expect(warnings).toEqual(['unknown field "spec.bogus"']);
      expect(JSON.stringify(object)).not.toContain('bogus');
      expect(message(() => patch(type, body, 'Strict'))).toMatch(
        /^422 .*: strict decoding error: unknown field "spec.bogus"$/,
      );
    }
  });

  it('keeps an emptied list of managers, which means to forget them', () => {
    expect(patch('merge', { metadata: { managedFields: [] } }).object.metadata?.managedFields).toEqual([]);
  });

  it('does not change the live object', () => {
    const before = JSON.stringify(live);
    patch('strategic', {
      metadata: { labels: { a: 'b' } },
      spec: { template: { spec: { containers: [{ name: 'c' }] } } },
    });
    patch('json', [{ op: 'remove', path: '/spec/replicas' }]);
    expect(JSON.stringify(live)).toBe(before);
  });
});
