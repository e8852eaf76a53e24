import { describe, expect, it } from 'vitest';
import {
  decodeBody,
  decodeDeleteOptions,
  type FieldValidation,
  kindTarget,
  normalize,
  storedForm,
} from '../../../src/embedded/codec/decode.ts';
import { encodeProtobuf } from '../../../src/embedded/codec/protobuf.ts';
import { isApiError } from '../../../src/embedded/errors/status.ts';
import type { KubeObject } from '../../../src/kube/meta.ts';

const configMap = kindTarget('', 'v1', 'ConfigMap');
const pod = kindTarget('', 'v1', 'Pod');
const deployment = kindTarget('apps', 'v1', 'Deployment');

function refusal(run: () => unknown): string | undefined {
  try {
    run();
  } catch (error) {
    if (isApiError(error)) return `${error.status.code} ${error.status.message}`;
    throw error;
  }
  return undefined;
}

const bytes = (body: unknown) => Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
const cm = (more: object) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' }, ...more });

describe('decodeBody', () => {
  const unrecognized = '400 the object provided is unrecognized (must be of type ConfigMap): ';
  const cannot = '400 ConfigMap in version "v1" cannot be handled as a ConfigMap: ';
  const header =
    'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';
  it.each([
    ['', `${unrecognized}couldn't get version/kind; json parse error: unexpected end of JSON input (<empty>)`],
    ['{', `${unrecognized}couldn't get version/kind; json parse error: unexpected end of JSON input ({)`],
    [
      '[]',
      `${unrecognized}couldn't get version/kind; json parse error: json: cannot unmarshal array into Go value of type ${header} (5b5d)`,
    ],
    [
      '{"kind": "ConfigMap"}{"kind": "ConfigMap"}',
      `${unrecognized}couldn't get version/kind; json parse error: invalid character '{' after top-level value ({"kind": "ConfigMap"}{"kind":  ...)`,
    ],
    [{ apiVersion: 'a/b/c' }, `${unrecognized}unexpected GroupVersion string: a/b/c ({"apiVersion":"a/b/c"})`],
    [
      { apiVersion: 'v1', kind: 'Nope' },
      '400 Nope in version "v1" cannot be handled as a ConfigMap: no kind "Nope" is registered for version "v1" in scheme "pkg/runtime/scheme.go:111"',
    ],
    [
      { apiVersion: 'v1', kind: 'Secret' },
      '400 Secret in version "v1" cannot be handled as a ConfigMap: converting (v1.Secret) to (core.ConfigMap): unknown conversion',
    ],
    [
      cm({ metadata: 'x' }),
      `${cannot}json: cannot unmarshal string into Go struct field ConfigMap.metadata of type v1.ObjectMeta`,
    ],
    [
      cm({ metadata: { labels: ['a'] } }),
      `${cannot}json: cannot unmarshal array into Go struct field ObjectMeta.metadata.labels of type map[string]string`,
    ],
    [
      cm({ data: { a: 1 } }),
      `${cannot}json: cannot unmarshal number into Go struct field ConfigMap.data of type string`,
    ],
    [cm({ binaryData: { a: '!' } }), `${cannot}illegal base64 data at input byte 0`],
    [
      cm({ metadata: { creationTimestamp: 'yesterday' } }),
      `${cannot}parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006"`,
    ],
  ])('refuses %j', (body, message) => {
    expect(refusal(() => decodeBody(bytes(body), 'application/json', configMap))).toBe(message);
  });

  it('goes on after a wrong value and reports the first', () => {
    const body = { spec: { replicas: '3', template: { spec: { containers: {} } } } };
    expect(refusal(() => decodeBody(bytes(body), undefined, deployment))).toBe(
      '400 Deployment in version "v1" cannot be handled as a Deployment: ' +
        'json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
    );
  });

  it('stops at types that decode themselves', () => {
    const body = '{"spec":{"priority":"x","containers":[{"resources":{"limits":{"cpu":"abc"}}}]}}';
    expect(refusal(() => decodeBody(bytes(body), undefined, pod))).toContain(
      'cannot be handled as a Pod: quantities must match the regular expression',
    );
  });

  it('refuses other versions of the same kind', () => {
    const body = { apiVersion: 'apps/v1beta1', kind: 'Deployment' };
    expect(refusal(() => decodeBody(bytes(body), undefined, deployment))).toBe(
      '400 the API version in the data (apps/v1beta1) does not match the expected API version (apps/v1)',
    );
  });

  it('refuses media types it does not know', () => {
    expect(refusal(() => decodeBody(bytes('{}'), 'text/plain', configMap))).toMatch(/^415 the body of the request was/);
  });

  it('takes null and empty objects, and names the kind', () => {
    const empty = { kind: 'ConfigMap', apiVersion: 'v1', metadata: {} };
    expect(decodeBody(bytes('null'), undefined, configMap).object).toEqual(empty);
    expect(decodeBody(bytes('{}'), 'application/json; charset=utf-8', configMap).object).toEqual(empty);
  });

  const odd = '{"data":{"a":"1","a":"2"},"bogus":1,"metadata":{"name":"x","Name":"y"}}';
  it.each<[FieldValidation, string[]]>([
    ['Ignore', []],
    ['Warn', ['duplicate field "data.a"', 'unknown field "bogus"', 'unknown field "metadata.Name"']],
  ])('drops what it does not know under %s', (fieldValidation, warnings) => {
    const decoded = decodeBody(bytes(odd), undefined, configMap, fieldValidation);
    expect(decoded).toEqual({
      object: { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'x' }, data: { a: '2' } },
      warnings,
    });
  });

  it('refuses what it does not know under Strict', () => {
    expect(refusal(() => decodeBody(bytes(odd), undefined, configMap, 'Strict'))).toBe(
      `${cannot}strict decoding error: duplicate field "data.a", unknown field "bogus", unknown field "metadata.Name"`,
    );
  });

  it('reads YAML 1.1 and names its double keys by line', () => {
    const yaml = 'metadata: {name: x}\ndata:\n  y: "1"\n  a: "2"\n  a: "3"\n';
    expect(decodeBody(bytes(yaml), 'application/yaml', configMap)).toEqual({
      object: { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'x' }, data: { a: '3', true: '1' } },
      warnings: ['line 5: key "a" already set in map'],
    });
    expect(refusal(() => decodeBody(bytes(yaml), 'application/yaml', configMap, 'Strict'))).toBe(
      `${cannot}strict decoding error: yaml: unmarshal errors:\n  line 5: key "a" already set in map`,
    );
    expect(refusal(() => decodeBody(bytes('a: [1\n'), 'application/yaml', configMap))).toBe(
      `${unrecognized}yaml: line 1: did not find expected ',' or ']' (613a205b310a)`,
    );
  });

  it('reads protobuf, and says where it is none', () => {
    const type = 'application/vnd.kubernetes.protobuf';
    const object = cm({ data: { a: 'ä' } }) as KubeObject;
    expect(decodeBody(encodeProtobuf(object), type, configMap).object).toEqual(object);
    expect(refusal(() => decodeBody(bytes('{"a": 1}'), type, configMap))).toBe(
      `${unrecognized}provided data does not appear to be a protobuf message, expected prefix [107 56 115 0] ({"a": 1})`,
    );
    expect(refusal(() => decodeBody(encodeProtobuf({ kind: 'Pod', apiVersion: 'v1' }), type, configMap))).toBe(
      '400 Pod in version "v1" cannot be handled as a ConfigMap: converting (v1.Pod) to (core.ConfigMap): unknown conversion',
    );
  });

  it('keeps keys that JavaScript treats specially', () => {
    const { object } = decodeBody(bytes('{"data":{"__proto__":"a","constructor":"b"}}'), undefined, configMap);
    expect(Object.entries((object as { data?: object }).data ?? {})).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ]);
  });
});

describe('normalize', () => {
  it('writes what Go writes: empty structs stay, empty lists and maps go', () => {
    const object = {
      metadata: { name: 'p', labels: {}, finalizers: [] },
      spec: { nodeSelector: {}, containers: [{ name: 'c', resources: {}, env: [], securityContext: {} }] },
    };
    expect(normalize(pod, object as KubeObject).object).toEqual({
      kind: 'Pod',
      apiVersion: 'v1',
      metadata: { name: 'p' },
      spec: { containers: [{ name: 'c', resources: {}, securityContext: {} }] },
      status: {},
    });
  });

  it('puts fields into the order of their type where it is stored', () => {
    const pod = kindTarget('', 'v1', 'Pod');
    const { object } = normalize(pod, { spec: { containers: [{ image: 'i', name: 'c' }] } } as KubeObject);
    object.metadata = { managedFields: [], uid: 'u', name: 'p', resourceVersion: '0' };
    const text = JSON.stringify(storedForm(pod, object));
    expect(text).toMatch(/"metadata":\{"name":"p","uid":"u","resourceVersion":"0"\},"spec":\{"containers":\[\{"name"/);
  });

  it('tells empty required lists from missing ones until it is stored, which writes null for both', () => {
    const role = kindTarget('rbac.authorization.k8s.io', 'v1', 'Role');
    const { object } = normalize(role, { rules: [] } as KubeObject);
    expect(object).toMatchObject({ rules: [] });
    expect(storedForm(role, object)).toEqual({
      kind: 'Role',
      apiVersion: 'rbac.authorization.k8s.io/v1',
      metadata: {},
      rules: null,
    });
  });

  it('brings times to UTC and quantities to their canonical form', () => {
    const object = {
      metadata: { creationTimestamp: '2026-01-01T02:00:00.5+02:00' },
      spec: {
        containers: [{ name: 'c', resources: { limits: { cpu: '1500m', memory: '2048Mi', tiny: '0.1m' } } }],
        volumes: [{ name: 'v', emptyDir: { sizeLimit: '1024Mi' } }],
      },
    };
    const { metadata, spec } = normalize(pod, object as KubeObject).object as unknown as typeof object;
    expect(metadata.creationTimestamp).toBe('2026-01-01T00:00:00Z');
    expect(spec.containers[0]?.resources.limits).toEqual({ cpu: '1500m', memory: '2Gi', tiny: '1m' });
    expect(spec.volumes[0]?.emptyDir.sizeLimit).toBe('1Gi');
  });

  it('changes nothing of its argument and does the same twice', () => {
    const object = { metadata: { name: 'p', extra: 1 }, spec: { containers: [{ name: 'c' }] } };
    const before = structuredClone(object);
    const once = normalize(pod, object as KubeObject).object;
    expect(object).toEqual(before);
    expect(normalize(pod, once).object).toEqual(once);
  });

  it('looks only at the metadata of custom resources', () => {
    const target = { group: 'example.com', version: 'v1', kind: 'Widget', schema: 'com.example.v1.Widget' };
    const object = { metadata: { name: 'w', bogus: 1 }, spec: { anything: [] } } as KubeObject;
    expect(normalize(target, object, 'Warn')).toEqual({
      object: { kind: 'Widget', apiVersion: 'example.com/v1', metadata: { name: 'w' }, spec: { anything: [] } },
      warnings: ['unknown field "metadata.bogus"'],
    });
  });
});

describe('decodeDeleteOptions', () => {
  it('reads options of any group version, and nothing', () => {
    const options = { kind: 'DeleteOptions', apiVersion: 'policy/v1', gracePeriodSeconds: 0 };
    expect(decodeDeleteOptions(bytes(options), undefined)).toEqual(options);
    expect(decodeDeleteOptions(bytes(''), undefined)).toEqual({});
  });

  it('refuses other kinds and broken bodies as recorded', () => {
    expect(refusal(() => decodeDeleteOptions(bytes('{'), undefined))).toBe(
      "400 couldn't get version/kind; json parse error: unexpected end of JSON input",
    );
    expect(refusal(() => decodeDeleteOptions(bytes({ apiVersion: 'v1', kind: 'Pod' }), undefined))).toBe(
      '400 no kind "Pod" is registered for version "v1" in scheme "pkg/runtime/scheme.go:111"',
    );
  });
});
