import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { JsonPath, relaxedPath } from '../../src/kube/json-path/json-path.ts';
import { JsonPathError } from '../../src/kube/json-path/nodes.ts';

interface Recorded {
  cases: { input: unknown; templates: { template: string; output?: string; parse?: string; error?: string }[] }[];
}

const recorded = JSON.parse(
  readFileSync(new URL('../../fixtures/kubernetes/json-path.json', import.meta.url), 'utf8'),
) as Recorded;

type Answer = { output?: string; parse?: string; error?: string };

function answer(template: string, input: unknown): Answer {
  let path: JsonPath;
  try {
    path = new JsonPath(template);
  } catch (error) {
    if (error instanceof JsonPathError) return { parse: error.message };
    throw error;
  }
  try {
    return { output: path.format(input) };
  } catch (error) {
    if (error instanceof JsonPathError) return { error: error.message };
    throw error;
  }
}

/** Go visits maps in no order: of what is found in several of their keys the values count. */
const anyOrder = (template: string, { output, ...rest }: Answer) =>
  output !== undefined && /\.\.|\.\*/.test(template) ? { output: output.split(' ').sort() } : { output, ...rest };

describe("client-go's answers", () => {
  const all = recorded.cases.flatMap(({ input, templates }) =>
    templates.map(({ template, ...expected }) => [template, expected, input] as const),
  );

  it.each(all)('%j', (template, expected, input) => {
    expect(anyOrder(template, answer(template, input))).toEqual(anyOrder(template, expected));
  });

  it('are some two hundred', () => expect(all.length).toBeGreaterThan(190));
});

describe('names that every object of JavaScript has', () => {
  const own = JSON.parse(
    '{"__proto__": {"a": 1}, "constructor": {"name": "mine"}, "list": [{"__proto__": 2}]}',
  ) as object;

  it.each([
    ['{.__proto__.a}', '1'],
    ["{['__proto__'].a}", '1'],
    ['{.constructor.name}', 'mine'],
    ['{.list[*].__proto__}', '2'],
    ['{.toString}{.list.length}{.list.constructor}{.hasOwnProperty}', ''],
  ])('%s finds only what is there: %j', (template, output) => {
    expect(new JsonPath(template).format(own)).toBe(output);
  });

  it('are printed as all others', () => {
    expect(new JsonPath('{@}').format(own)).toBe(
      '{"__proto__":{"a":1},"constructor":{"name":"mine"},"list":[{"__proto__":2}]}',
    );
  });
});

describe('what is made to hang it', () => {
  const deep = (levels: number): unknown => (levels === 0 ? 1 : { a: deep(levels - 1) });

  it.each([
    ['brackets', `{${'['.repeat(9_000)}`],
    ['filters', `{${'[?('.repeat(3_000)}`],
    ['ranges', '{range .a}'.repeat(900)],
    ['unions', `{.a[${'0,'.repeat(4_000)}0]}`],
    ['backslashes', `{.${'\\'.repeat(9_000)}}`],
    ['length', '{.a}'.repeat(100_000)],
  ])('%s', (_, template) => {
    const begin = performance.now();
    answer(template, { a: [1] });
    expect(performance.now() - begin).toBeLessThan(1_000);
  });

  it('objects that are deep', () => {
    expect(new JsonPath('{..b}').format(deep(1_000))).toBe('');
  });
});

it.each([
  ['metadata.name', 'x'],
  ['.metadata.name', 'x'],
  ['{metadata.name}', 'x'],
  ['{.metadata.name}', 'x'],
])('kubectl takes %s as a path', (path, value) => {
  expect(relaxedPath(path).format({ metadata: { name: 'x' } })).toBe(value);
});

it.each(['', '{', '{{.a}}', '{.a}b'])('kubectl takes no %j as a path', (path) => {
  expect(() => relaxedPath(path)).toThrow("unexpected path string, expected a 'name1.name2' or '.name1.name2' or");
});
