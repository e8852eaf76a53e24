/** What every JavaScript object inherits (`constructor`) are names like any other in programs and in what they read. */
import { afterAll, expect, it } from 'vitest';
import { testRuntime } from './helpers.ts';

const bugs: string[] = [];
const box = testRuntime(undefined, bugs);
afterAll(() => box.runtime.dispose());

const kubectl = 'alpine/k8s:1.30.0';

/** In order: script, what it prints, and the image if it needs another. */
const scripts: [script: string, out: string, image?: string][] = [
  [
    `awk 'BEGIN { a["constructor"] = 1; print ("toString" in a), ("constructor" in a), length(a["__proto__"]) }'`,
    '0 1 0\n',
  ],
  [`awk 'function constructor(x) { return x + 1 } BEGIN { print constructor(1) toString }'`, '2\n'],
  ['toString=1; constructor() { echo "f$1"; }; constructor $toString; echo "[$valueOf]"', 'f1\n[]\n'],
  ['__proto__=x; export __proto__; env | grep proto; echo $((constructor + 1))', '__proto__=x\n1\n'],
  ['trap constructor EXIT 2>&1; trap - EXIT; set -o constructor 2>&1 | grep -c native; true', '0\n'],
  [
    'date -d constructor 2>&1; tr [:constructor:] x </dev/null 2>&1; ls --constructor 2>&1 | head -1',
    "date: invalid date 'constructor'\ntr: invalid character class 'constructor'\nls: unrecognized option: constructor\n",
  ],
  [`echo constructor | awk '/[[:constructor:]]/'; echo function | grep -c '[[:constructor:]]'; true`, '0\n'],
  [
    `echo '{"a":1}' | jq -c '.constructor, .["__proto__"], has("toString"), (.constructor = 1)'`,
    'null\nnull\nfalse\n{"a":1,"constructor":1}\n',
    kubectl,
  ],
  [`echo '{"__proto__":{"x":1}}' | jq -c '., .x, keys'`, '{"__proto__":{"x":1}}\nnull\n["__proto__"]\n', kubectl],
  [
    'jq -n constructor 2>&1 | head -1; jq --constructor . 2>&1 | head -1; echo constructor | jq . 2>&1',
    'jq: error: constructor/0 is not defined at <top-level>, line 1:\njq: Unknown option --constructor\njq: parse error: Invalid numeric literal at line 2, column 0\n',
    kubectl,
  ],
  [
    'kubectl constructor 2>&1 | head -1; kubectl get --constructor 2>&1 | head -1',
    'error: unknown command "constructor" for "kubectl"\nerror: unknown flag: --constructor\n',
    kubectl,
  ],
];

it.each(scripts)('%s', async (script, out, image) => {
  const result = await box.sh(script, image === undefined ? {} : { image });
  expect(`${result.out}${result.err}`).not.toMatch(/native code|function |\[object /);
  expect(result.out).toEqual(out);
  expect(bugs).toEqual([]);
});
