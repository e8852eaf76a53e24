/**
 * What users write may be expensive, never endless: the server of another process answers whatever expressions and
 * patterns it was given, and goes on. An answer that does not come is an error of the client's.
 */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import fc from '../../helpers/fast-check.ts';
import { type Asked, type Served, serveApart } from './requests.ts';

let served: Served;
beforeAll(async () => {
  served = await serveApart();
});
afterAll(() => served.stop());

const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const policies = '/apis/admissionregistration.k8s.io/v1';

const send = (method: string, path: string, body?: unknown): Promise<Asked> =>
  served.ask({
    method,
    path,
    headers: { 'Content-Type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });

let count = 0;
/** How many objects the schemas had their say about. */
let judged = 0;

/** Defines a kind whose spec has this schema and creates an object with this spec: both are answered, and not by a fault. */
async function defineAndCreate(schema: object, spec: unknown): Promise<void> {
  const plural = `w${count++}s`;
  const kind = plural.toUpperCase();
  const openAPIV3Schema = { type: 'object', properties: { spec: schema } };
  const defined = await send('POST', crds, {
    metadata: { name: `${plural}.example.com` },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural, kind },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema } }],
    },
  });
  expect(defined.status, defined.text).toBeLessThan(500);
  const object = { apiVersion: 'example.com/v1', kind, metadata: { name: 'x' }, spec };
  const created = await send('POST', `/apis/example.com/v1/namespaces/default/${plural}`, object);
  expect(created.status, created.text).toBeLessThan(500);
  if (created.status === 201 || created.status === 422) judged++;
}

const evil = 'a'.repeat(30_000);

describe('patterns of users', () => {
  it.each([
    '^(a+)+$',
    '^(a|a)*b$',
    '(.*a){25}$',
    '^(a?){200}a{200}$',
    '((a{1,100}){1,100}){1,100}$',
    '(?=a)(?<x>a)\\1',
  ])('%s is refused or matched in bounded time', async (pattern) => {
    const text = { type: 'string', pattern };
    await defineAndCreate({ type: 'object', properties: { text } }, { text: `${evil}!` });
  });

  it('of any kind are refused or matched', async () => {
    const pattern = fc.letrec((tie) => ({
      any: fc.array(tie('part'), { minLength: 1, maxLength: 3 }).map((parts) => parts.join('')),
      part: fc
        .tuple(tie('atom'), fc.constantFrom('', '*', '+', '?', '{2,}', '{1,9}', '*?'))
        .map(([atom, times]) => `${atom}${times}`),
      atom: fc.oneof(
        { maxDepth: 3 },
        fc.constantFrom('a', '.', '[a-c]', '\\w', '^', '$', '\\b'),
        fc.tuple(tie('any'), tie('any')).map(([one, other]) => `(${one}|${other})`),
      ),
    })).any as fc.Arbitrary<string>;
    await fc.assert(
      fc.asyncProperty(pattern, async (one) => {
        const text = { type: 'string', pattern: one };
        await defineAndCreate({ type: 'object', properties: { text } }, { text: 'abc'.repeat(2000) });
      }),
      { numRuns: 25 },
    );
  });
});

describe('rules of users', () => {
  const items = (maxItems?: number) => ({ type: 'array', items: { type: 'string' }, ...(maxItems && { maxItems }) });

  it.each([
    ['self.list.all(x, self.list.all(y, self.list.all(z, x + y != z)))', undefined],
    ['self.list.all(x, self.list.all(y, x.matches(y)))', 1000],
    ["self.list.map(x, x + x).map(x, x + x).map(x, x + x).all(x, x != '')", 1000],
    ['self.list.all(x, x.matches("^(a+)+$"))', 100],
    ["self.list.join(',').split(',').all(x, x.replace('a', x) != '')", 100],
  ])('%s is refused or evaluated in bounded time', async (rule, maxItems) => {
    const list = items(maxItems);
    const schema = { type: 'object', properties: { list }, 'x-kubernetes-validations': [{ rule }] };
    await defineAndCreate(schema, { list: Array.from({ length: 90 }, (_, n) => `${'a'.repeat(300)}${n}`) });
  });

  it('of any kind are refused or evaluated', async () => {
    const expression = fc.letrec((tie) => ({
      bool: fc.oneof(
        { maxDepth: 3 },
        fc.constantFrom('size(self.list) > 3', "self.text.startsWith('a')"),
        fc.tuple(tie('list'), fc.constantFrom('all', 'exists'), tie('bool')).map(([l, m, b]) => `${l}.${m}(x, ${b})`),
        fc
          .tuple(tie('text'), fc.constantFrom('matches', 'contains'), tie('text'))
          .map(([s, m, t]) => `${s}.${m}(${t})`),
        fc.tuple(tie('bool'), fc.constantFrom('&&', '||', '=='), tie('bool')).map(([b, op, c]) => `(${b} ${op} ${c})`),
      ),
      text: fc.oneof(
        { maxDepth: 3 },
        fc.constantFrom('self.text', 'x', "'(a+)+$'"),
        fc.tuple(tie('text'), tie('text')).map(([s, t]) => `(${s} + ${t})`),
        fc.tuple(tie('text'), tie('text')).map(([s, t]) => `${s}.replace('a', ${t})`),
      ),
      list: fc.oneof(
        { maxDepth: 3 },
        fc.constant('self.list'),
        fc.tuple(tie('list'), tie('text')).map(([l, s]) => `${l}.map(x, ${s})`),
        fc.tuple(tie('list'), tie('bool')).map(([l, b]) => `${l}.filter(x, ${b})`),
        tie('text').map((s) => `${s}.split('a')`),
      ),
    })).bool as fc.Arbitrary<string>;
    const properties = { list: items(30), text: { type: 'string', maxLength: 200 } };
    const spec = { list: Array.from({ length: 30 }, (_, n) => `item ${n}`), text: 'a'.repeat(200) };
    await fc.assert(
      fc.asyncProperty(expression, async (condition) => {
        const rule = `self.list.all(x, ${condition})`;
        await defineAndCreate({ type: 'object', properties, 'x-kubernetes-validations': [{ rule }] }, spec);
      }),
      { numRuns: 40 },
    );
  });

  it('of a ValidatingAdmissionPolicy are bounded as well', async () => {
    const expression = 'object.data.all(x, object.data.all(y, object.data.all(z, x + y != z)))';
    const policy = await send('POST', `${policies}/validatingadmissionpolicies`, {
      metadata: { name: 'endless' },
      spec: {
        failurePolicy: 'Ignore',
        matchConstraints: {
          resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }],
        },
        validations: [{ expression }],
      },
    });
    expect(policy.status, policy.text).toBe(201);
    const binding = await send('POST', `${policies}/validatingadmissionpolicybindings`, {
      metadata: { name: 'endless' },
      spec: { policyName: 'endless', validationActions: ['Deny'] },
    });
    expect(binding.status, binding.text).toBe(201);
    const data = Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`key-${n}`, 'v']));
    const created = await send('POST', '/api/v1/namespaces/default/configmaps', { metadata: { name: 'large' }, data });
    // What an expression that costs too much means, the policy's failurePolicy says.
    expect(created.status, created.text).toBe(201);
  });

  it('leave the server ready', async () => {
    expect(judged).toBeGreaterThan(25);
    expect((await served.ask({ path: '/readyz' })).status).toBe(200);
  });
});
