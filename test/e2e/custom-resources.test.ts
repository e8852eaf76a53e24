import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { Kubectl, type Started } from './lab.ts';
import { Sandbox } from './sandbox.ts';

const definition = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: things.example.com }
spec:
  group: example.com
  scope: Namespaced
  names: { plural: things, kind: Thing, shortNames: [th], categories: [all] }
  versions:
    - name: v1
      served: true
      storage: true
      subresources:
        status: {}
        scale: { specReplicasPath: .spec.replicas, statusReplicasPath: .status.replicas }
      additionalPrinterColumns:
        - { name: Replicas, type: integer, jsonPath: .spec.replicas }
        - { name: Parts, type: string, jsonPath: ".spec.parts[*].name", priority: 1 }
      schema:
        openAPIV3Schema:
          type: object
          description: A thing of many parts.
          properties:
            spec:
              type: object
              description: What is wanted.
              required: [replicas]
              properties:
                replicas: { type: integer, minimum: 0, maximum: 10, description: How many. }
                mode: { type: string, enum: [fast, slow], default: slow }
                parts:
                  type: array
                  items: { type: object, properties: { name: { type: string, description: Of the part. } } }
            status: { type: object, properties: { replicas: { type: integer } } }
`;
const thing = `apiVersion: example.com/v1
kind: Thing
metadata: { name: a }
spec: { replicas: 1, parts: [{ name: wheel }] }
`;

let user: Sandbox;
let kubectl: Kubectl;
const run = (line: string) => kubectl.run(line.split(' '));
beforeAll(async () => {
  user = await Sandbox.create();
  const { kubeconfig } = await user.json<Started>(['cluster', 'up']);
  kubectl = new Kubectl(user, kubeconfig);
  writeFileSync(join(user.folder, 'crd.yaml'), definition);
  writeFileSync(join(user.folder, 'thing.yaml'), thing);
});
afterAll(() => user.dispose());

describe('kubectl on a kind of one’s own', () => {
  it('makes it, and objects of it', async () => {
    expect(await run('apply -f crd.yaml')).toBe(
      'customresourcedefinition.apiextensions.k8s.io/things.example.com created\n',
    );
    expect(await run('wait --for=condition=Established crd/things.example.com')).toContain('condition met');
    expect(await run('apply -f thing.yaml')).toBe('thing.example.com/a created\n');
    expect(await run('apply -f thing.yaml')).toBe('thing.example.com/a unchanged\n');
    expect(await run('api-resources --api-group=example.com')).toMatch(/^things +th +example\.com\/v1 +true +Thing$/m);
  });

  it('explains it', async () => {
    expect(await run('explain thing')).toMatch(
      /GROUP: +example\.com\nKIND: +Thing\nVERSION: +v1\n\nDESCRIPTION:\n +A thing of many parts\./,
    );
    const fields = await run('explain th.spec --recursive');
    expect(fields).toContain('What is wanted.');
    expect(fields).toMatch(
      /^ {2}mode\t<string>\n {2}enum: fast, slow\n {2}parts\t<\[\]Object>\n {4}name\t<string>\n {2}replicas\t<integer> -required-$/m,
    );
    expect(await run('explain things.spec.parts.name')).toMatch(/FIELD: name <string>.*Of the part\./s);
    const { stderr } = await kubectl.try(['explain', 'thing.spec.nothing']);
    expect(stderr).toContain('field "nothing" does not exist');
  });

  it('shows it under all of its names, with its columns', async () => {
    expect(await run('get th')).toBe('NAME   REPLICAS\na      1\n');
    expect(await run('get things.v1.example.com a -o wide')).toMatch(/^NAME +REPLICAS +PARTS\na +1 +wheel\n$/);
    expect(await run('get all')).toMatch(/^NAME +REPLICAS\nthing\.example\.com\/a +1$/m);
    expect(await run('get thing/a -o jsonpath={.spec.mode}')).toBe('slow');
    expect(await run('describe thing a')).toMatch(/^Spec:\n {2}Mode: +slow$/m);
  });

  it('scales, edits and patches it', async () => {
    expect(await run('scale thing/a --replicas=3')).toBe('thing.example.com/a scaled\n');
    expect(await run('get thing/a -o jsonpath={.spec.replicas}')).toBe('3');
    const env = { KUBE_EDITOR: 'sed -i s/mode:.slow/mode:\\ fast/' };
    expect(await kubectl.run(['edit', 'thing', 'a'], { env })).toBe('thing.example.com/a edited\n');
    expect(await run('get thing/a -o jsonpath={.spec.mode}')).toBe('fast');
    const { code, stderr } = await kubectl.try([
      'patch',
      'thing',
      'a',
      '--type=merge',
      '-p',
      '{"spec":{"mode":"odd"}}',
    ]);
    expect([code, stderr]).toEqual([
      1,
      'The Thing "a" is invalid: spec.mode: Unsupported value: "odd": supported values: "fast", "slow"\n',
    ]);
    const unknown = await kubectl.try(['apply', '-f', '-'], {
      input: thing.replace('replicas', 'replikas: 1, replicas'),
    });
    expect([unknown.code, unknown.stderr]).toEqual([1, expect.stringContaining('unknown field "spec.replikas"')]);
    expect(
      await kubectl.run(['apply', '--validate=warn', '-f', '-'], { input: thing.replace('1,', '2, extra: 1,') }),
    ).toBe('thing.example.com/a configured\n');
  });

  it('applies a list of objects that may have any fields', async () => {
    const open = (version: string, more = '') =>
      `{ name: ${version}, served: true, storage: ${version === 'v1'}, schema: { openAPIV3Schema: { type: object, ${more}x-kubernetes-preserve-unknown-fields: true } } }`;
    const versions = (...all: string[]) => `spec: { versions: [${all.join(', ')}] }`;
    const crd = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: opens.example.com }
spec:
  group: example.com
  scope: Namespaced
  names: { plural: opens, kind: Open }
  versions: [${open('v1')}, ${open('v1beta1', 'properties: { spec: { type: object, properties: { size: { type: integer } } } }, ')}]
`;
    await kubectl.run(['apply', '-f', '-'], { input: crd });
    await run('wait --for=condition=Established crd/opens.example.com');
    const item = (name: string, version: string) =>
      `{ apiVersion: example.com/${version}, kind: Open, metadata: { name: ${name} }, spec: { size: 1 }, data: { any: [1] } }`;
    const list = (...items: string[]) => `apiVersion: v1\nkind: List\nitems: [${items.join(', ')}]\n`;
    expect(await kubectl.run(['apply', '-f', '-'], { input: list(item('a', 'v1'), item('b', 'v1beta1')) })).toBe(
      'open.example.com/a created\nopen.example.com/b created\n',
    );
    await run(`patch crd opens.example.com --type=merge -p ${JSON.stringify(parse(versions(open('v1'), open('v2'))))}`);
    expect(await kubectl.run(['apply', '-f', '-'], { input: list(item('a', 'v2'), item('c', 'v2')) })).toBe(
      'open.example.com/a configured\nopen.example.com/c created\n',
    );
    expect(await run('get opens c -o jsonpath={.data.any[0]}')).toBe('1');
  });

  it('deletes it with all objects of it', async () => {
    await run('delete crd things.example.com');
    const { code, stderr } = await kubectl.try(['get', '--raw', '/apis/example.com/v1/things']);
    expect([code, stderr]).toEqual([1, expect.stringContaining('the server could not find the requested resource')]);
    await run('apply -f crd.yaml');
    await run('wait --for=condition=Established crd/things.example.com');
    expect(await run('get things -A')).toBe('');
  });
});
