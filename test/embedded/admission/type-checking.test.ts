import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { policyStatus } from '../../../src/embedded/controllers/lifecycle/policy-status.ts';
import type { ValidatingAdmissionPolicySpec } from '../../../src/kube/api.gen.ts';
import { customResourceDefinitions, validatingAdmissionPolicies } from '../../../src/kube/resources.ts';
import { startPlane } from '../controllers/plane.ts';

const rule = (group: string, version: string, ...resources: string[]) => ({
  ...{ apiGroups: [group], apiVersions: [version], operations: ['CREATE'], resources },
});
const text = { type: 'string' };

let lab: Awaited<ReturnType<typeof startPlane>>;
let count = 0;
beforeAll(async () => {
  lab = await startPlane(policyStatus);
  const spec = { type: 'object', properties: { size: { type: 'integer' }, from: { ...text, format: 'date-time' } } };
  await lab.client.create(customResourceDefinitions, {
    metadata: { name: 'things.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'things', kind: 'Thing' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', properties: { spec } } },
        },
      ],
    },
  });
  await lab.settle();
});
afterAll(() => lab.stop());

/** The status of a policy once it was looked at. */
async function statusOf(spec: ValidatingAdmissionPolicySpec) {
  const name = `p${++count}`;
  await lab.client.create(validatingAdmissionPolicies, { metadata: { name }, spec });
  await lab.settle();
  return (await lab.client.get(validatingAdmissionPolicies, undefined, name)).status;
}

const deployments = { resourceRules: [rule('apps', 'v1', 'deployments')] };

/** The warnings of one expression. */
async function warnings(expression: string, more: Partial<ValidatingAdmissionPolicySpec> = {}) {
  const status = await statusOf({ matchConstraints: deployments, validations: [{ expression }], ...more });
  return (status?.typeChecking?.expressionWarnings ?? []).map(({ warning }) => warning);
}

describe('type checking of a policy', () => {
  it('finds fields that the kind does not have', async () => {
    expect(
      await statusOf({ matchConstraints: deployments, validations: [{ expression: 'object.replicas > 1' }] }),
    ).toEqual({
      observedGeneration: 1,
      typeChecking: {
        expressionWarnings: [
          {
            fieldRef: 'spec.validations[0].expression',
            warning:
              "apps/v1, Kind=Deployment: ERROR: <input>:1:7: undefined field 'replicas'\n | object.replicas > 1\n | ......^\n",
          },
        ],
      },
    });
  });

  it('has nothing to say of what fits', async () => {
    const expression =
      'object.spec.replicas > 1 && object.metadata.namespace == "x" && has(object.spec.template.spec.securityContext) && ' +
      'object.spec.template.spec.containers.all(c, c.image.startsWith("a") && quantity(c.resources.limits["cpu"]).isGreaterThan(quantity("1"))) && ' +
      'object.spec.strategy.rollingUpdate.maxSurge == 1 && object.metadata.creationTimestamp < timestamp("2026-01-01T00:00:00Z") && ' +
      'namespaceObject.metadata.labels["a"] == request.userInfo.username && authorizer.group("apps").resource("deployments").check("get").allowed()';
    expect(await statusOf({ matchConstraints: deployments, validations: [{ expression }] })).toEqual({
      observedGeneration: 1,
      typeChecking: {},
    });
  });

  it.each([
    ['another type', 'object.spec.replicas == "1"', "found no matching overload for '_==_' applied to '(int, string)'"],
    ['items of a list', 'object.spec.template.spec.containers.all(c, c.img != "")', "undefined field 'img'"],
    ['the old object', 'oldObject.spec.size == 1', "undefined field 'size'"],
    ['texts that are none', 'object.spec.paused.startsWith("a")', "found no matching overload for 'startsWith'"],
  ])('finds %s', async (_, expression, message) => {
    expect(await warnings(expression)).toEqual([expect.stringContaining(message)]);
  });

  it('is done for each kind that is named, in order', async () => {
    const resourceRules = [
      rule('apps', 'v1', 'statefulsets', 'deployments', 'deployments/scale'),
      rule('', 'v1', 'pods'),
    ];
    const [warning, ...others] = await warnings('object.spec.replicas > 1', { matchConstraints: { resourceRules } });
    expect(others).toEqual([]);
    expect(warning?.match(/^\S+, Kind=\w+/gm)).toEqual(['/v1, Kind=Pod']);
    const [all] = await warnings('object.nothing == 1', { matchConstraints: { resourceRules } });
    expect(all?.match(/^\S*, Kind=\w+/gm)).toEqual([
      '/v1, Kind=Pod',
      'apps/v1, Kind=Deployment',
      'apps/v1, Kind=StatefulSet',
    ]);
  });

  it.each([
    ['wildcards', [rule('*', 'v1', 'deployments'), rule('apps', '*', 'deployments'), rule('apps', 'v1', '*')]],
    ['subresources', [rule('apps', 'v1', 'deployments/scale')]],
    ['kinds that are not served', [rule('example.com', 'v1', 'others')]],
  ])('has no types of %s', async (_, resourceRules) => {
    expect(await warnings('object.nothing == 1', { matchConstraints: { resourceRules } })).toEqual([]);
  });

  it('knows custom resources from their definition', async () => {
    const matchConstraints = { resourceRules: [rule('example.com', 'v1', 'things')] };
    const fits =
      'object.spec.size > 1 && object.spec.from < timestamp("2026-01-01T00:00:00Z") && object.metadata.labels["a"] == "b"';
    expect(await warnings(fits, { matchConstraints })).toEqual([]);
    expect(await warnings('object.spec.sise > 1', { matchConstraints })).toEqual([
      expect.stringContaining("example.com/v1, Kind=Thing: ERROR: <input>:1:12: undefined field 'sise'"),
    ]);
  });

  it('knows parameters and variables', async () => {
    const paramKind = { apiVersion: 'v1', kind: 'ConfigMap' };
    expect(await warnings('params.data["max"] == "1"', { paramKind })).toEqual([]);
    expect(await warnings('params.dat == "1"', { paramKind })).toEqual([
      expect.stringContaining("undefined field 'dat'"),
    ]);
    const variables = [
      { name: 'replicas', expression: 'object.spec.replicas' },
      { name: 'spec', expression: 'object.spec' },
    ];
    expect(await warnings('variables.replicas > 1', { variables })).toEqual([]);
    expect(await warnings('variables.replicas == "1"', { variables })).toEqual([
      expect.stringContaining("'(int, string)'"),
    ]);
    // Of objects in variables nothing is known.
    expect(await warnings('variables.spec.anything == "1"', { variables })).toEqual([]);
  });

  it('looks at message expressions too, and again after a change', async () => {
    const validations = [{ expression: 'object.spec.replicas > 1', messageExpression: '"at " + object.spec.at' }];
    const status = await statusOf({ matchConstraints: deployments, validations });
    expect(status?.typeChecking?.expressionWarnings).toMatchObject([
      { fieldRef: 'spec.validations[0].messageExpression' },
    ]);
    const name = `p${count}`;
    const patch = { spec: { validations: [{ expression: 'object.spec.replicas > 2' }] } };
    await lab.client.patch(validatingAdmissionPolicies, undefined, name, 'merge', patch);
    await lab.settle();
    const changed = await lab.client.get(validatingAdmissionPolicies, undefined, name);
    expect(changed.status?.observedGeneration).toBe(2);
    expect(changed.status?.typeChecking?.expressionWarnings).toBeUndefined();
    expect(changed.metadata.managedFields).toContainEqual(
      expect.objectContaining({
        manager: 'validatingadmissionpolicy-status',
        operation: 'Apply',
        subresource: 'status',
      }),
    );
  });
});
