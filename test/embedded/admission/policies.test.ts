import { describe, expect, it } from 'vitest';
import type {
  ValidatingAdmissionPolicyBindingSpec,
  ValidatingAdmissionPolicySpec,
  ValidatingWebhookConfiguration,
} from '../../../src/kube/api.gen.ts';
import type { Resource } from '../../../src/kube/meta.ts';
import {
  configMaps,
  deployments,
  namespaces,
  pods,
  validatingAdmissionPolicies,
  validatingAdmissionPolicyBindings,
} from '../../../src/kube/resources.ts';
import { refusal } from '../../helpers/control-plane.ts';
import { api, causes, podOf } from '../resources/api.ts';

const rule = (resource: string, more: object = {}) => ({
  apiGroups: ['*'],
  apiVersions: ['*'],
  operations: ['CREATE', 'UPDATE'],
  resources: [resource],
  ...more,
});

/** An API with one policy in force. */
async function ruled(spec: ValidatingAdmissionPolicySpec, binding: ValidatingAdmissionPolicyBindingSpec = {}) {
  const made = await api();
  await made.client.create(validatingAdmissionPolicies, {
    metadata: { name: 'p' },
    spec: { matchConstraints: { resourceRules: [rule('configmaps')] }, ...spec },
  });
  await made.client.create(validatingAdmissionPolicyBindings, {
    metadata: { name: 'b' },
    spec: { policyName: 'p', validationActions: ['Deny'], ...binding },
  });
  const create = (name: string, data: Record<string, string> = {}, labels: Record<string, string> = {}) =>
    made.client.create(configMaps, { metadata: { name, namespace: 'lab', labels }, data });
  return { ...made, create };
}

const denied = "ValidatingAdmissionPolicy 'p' with binding 'b' denied request:";

describe('a ValidatingAdmissionPolicy', () => {
  it('refuses with its message, as a computed one, or with the expression', async () => {
    const { create } = await ruled({
      validations: [
        { expression: "object.metadata.name != 'a'", message: 'not a' },
        {
          expression: "object.metadata.name != 'b'",
          messageExpression: "'not ' + object.metadata.name",
          reason: 'Forbidden',
        },
        { expression: "object.metadata.name != 'c'" },
      ],
    });
    expect(await refusal(create('a'))).toMatchObject({ code: 422, reason: 'Invalid' });
    expect(await refusal(create('b'))).toMatchObject({
      code: 403,
      reason: 'Forbidden',
      message: `configmaps "b" is forbidden: ${denied} not b`,
      details: { causes: [{ message: `${denied} not b` }] },
    });
    expect((await refusal(create('c'))).message).toContain(`failed expression: object.metadata.name != 'c'`);
    await create('d');
  });

  it('judges by parameters, and says if it finds none', async () => {
    const { client, create } = await ruled(
      {
        paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
        matchConditions: [{ name: 'not-params', expression: "object.metadata.name != 'params'" }],
        variables: [{ name: 'size', expression: 'size(object.data)' }],
        validations: [{ expression: 'variables.size <= int(params.data.most)' }],
      },
      { paramRef: { name: 'params', namespace: 'lab', parameterNotFoundAction: 'Deny' } },
    );
    expect((await refusal(create('a', { x: '1' }))).message).toContain(
      'failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction',
    );
    await client.delete(validatingAdmissionPolicyBindings, undefined, 'b');
    await create('params', { most: '1' });
    await client.create(validatingAdmissionPolicyBindings, {
      metadata: { name: 'b' },
      spec: {
        policyName: 'p',
        validationActions: ['Deny'],
        paramRef: { name: 'params', namespace: 'lab', parameterNotFoundAction: 'Deny' },
      },
    });
    await create('a', { x: '1' });
    expect((await refusal(create('b', { x: '1', y: '2' }))).code).toBe(422);
    expect((await refusal(create('c'))).message).toContain(
      `composited variable "size" fails to evaluate: no such key: data`,
    );
  });

  it('lets through what it fails to judge if told to', async () => {
    const { create } = await ruled({ failurePolicy: 'Ignore', validations: [{ expression: 'object.data.x == "1"' }] });
    await create('a');
    expect((await refusal(create('b', { x: '2' }))).code).toBe(422);
  });

  it('is in force where its binding says', async () => {
    const { client, create } = await ruled(
      { validations: [{ expression: 'false' }] },
      {
        matchResources: {
          objectSelector: { matchLabels: { strict: 'yes' } },
          namespaceSelector: { matchLabels: { a: 'b' } },
        },
      },
    );
    await create('a', {}, { strict: 'yes' });
    await client.patch(namespaces, undefined, 'lab', 'merge', { metadata: { labels: { a: 'b' } } });
    await create('b');
    expect((await refusal(create('c', {}, { strict: 'yes' }))).code).toBe(422);
  });

  it('sees subresources and deletions only if its rules name them', async () => {
    const { client } = await ruled({
      matchConstraints: {
        resourceRules: [rule('deployments/scale'), rule('configmaps', { operations: ['DELETE'] })],
      },
      validations: [{ expression: "request.operation != 'DELETE' && object.spec.replicas < 3" }],
    });
    const metadata = { name: 'd', namespace: 'lab' };
    const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'nginx' }] } };
    await client.create(deployments, {
      metadata,
      spec: { replicas: 9, selector: { matchLabels: { a: 'b' } }, template },
    });
    const scaled = client.patch(deployments, 'lab', 'd', 'merge', { spec: { replicas: 5 } }, { subresource: 'scale' });
    expect((await refusal(scaled)).code).toBe(422);
    await client.create(configMaps, { metadata: { name: 'x', namespace: 'lab' } });
    expect((await refusal(client.delete(configMaps, 'lab', 'x'))).code).toBe(422);
  });

  it('can ask what the requester may do', async () => {
    const { client, create } = await ruled({
      validations: [
        { expression: "authorizer.group('').resource('secrets').namespace(request.namespace).check('get').allowed()" },
      ],
    });
    await create('a');
    const jane = client.as({ user: { name: 'jane', groups: [] }, fieldManager: 'test' });
    expect((await refusal(jane.create(configMaps, { metadata: { name: 'b', namespace: 'lab' } }))).code).toBe(422);
  });

  it('does not compile', async () => {
    const { client } = await api();
    const spec = {
      matchConstraints: { resourceRules: [rule('pods')] },
      variables: [{ name: 'a b', expression: 'true' }],
      validations: [{ expression: 'params.x', messageExpression: '1' }, { expression: "1 + 'a'" }],
    };
    const found = await causes(client.create(validatingAdmissionPolicies, { metadata: { name: 'p' }, spec }));
    expect(found.map((text) => text.split('\n')[0])).toEqual([
      'spec.variables[0].name: Invalid value: "a b": name is not a valid CEL identifier',
      `spec.validations[0].expression: Invalid value: "params.x": compilation failed: ERROR: <input>:1:1: undeclared reference to 'params' (in container '')`,
      'spec.validations[0].messageExpression: Invalid value: "1": must evaluate to string but got int',
      `spec.validations[1].expression: Invalid value: "1 + 'a'": compilation failed: ERROR: <input>:1:3: found no matching overload for '_+_' applied to '(int, string)'`,
    ]);
  });
});

describe('a webhook', () => {
  const webhooks: Resource<ValidatingWebhookConfiguration> = {
    group: 'admissionregistration.k8s.io',
    version: 'v1',
    resource: 'validatingwebhookconfigurations',
    kind: 'ValidatingWebhookConfiguration',
    namespaced: false,
  };
  const hook = (failurePolicy: string) => ({
    name: 'a.example.com',
    rules: [rule('pods')],
    clientConfig: { service: { name: 's', namespace: 'lab' } },
    sideEffects: 'None',
    admissionReviewVersions: ['v1'],
    failurePolicy,
  });

  it('that is not called fails what it should have seen, unless that is ignored', async () => {
    const { client } = await api();
    const made = await client.create(webhooks, { metadata: { name: 'w' }, webhooks: [hook('Fail')] });
    expect(made.webhooks?.[0]).toMatchObject({ matchPolicy: 'Equivalent', timeoutSeconds: 10 });
    expect(await refusal(client.create(pods, podOf()))).toMatchObject({
      code: 500,
      message:
        'Internal error occurred: failed calling webhook "a.example.com": failed to call webhook: calling webhooks is not simulated by this cluster',
    });
    await client.create(configMaps, { metadata: { name: 'x', namespace: 'lab' } });
    await client.patch(webhooks, undefined, 'w', 'merge', { webhooks: [hook('Ignore')] });
    await client.create(pods, podOf());
  });
});
