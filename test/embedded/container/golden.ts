import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { finished, specOf, type testRuntime } from './helpers.ts';

/** One call of a program: what it is given and what it answers. */
export interface GoldenCase {
  args: string[];
  stdin?: string;
  /** Standard input by its name in `inputs`. */
  input?: string;
  /** Files with their text, or names of `files`. */
  files?: Record<string, string> | string[];
  out: string;
  err?: string;
  code?: number;
}

interface Golden {
  image: string;
  program: string;
  inputs?: Record<string, unknown>;
  files?: Record<string, string>;
  cases: GoldenCase[];
}

/** The recorded calls of a program: `fixtures/programs/NAME.json`. */
export function goldenCases(name: string): Golden {
  return JSON.parse(readFileSync(new URL(`../../../fixtures/programs/${name}.json`, import.meta.url), 'utf8'));
}

/** Makes the call in a container and compares; files are in the working directory. */
export async function expectGolden(
  { runtime }: Pick<ReturnType<typeof testRuntime>, 'runtime'>,
  { image, program, inputs = {}, files: known = {} }: Golden,
  golden: GoldenCase,
): Promise<void> {
  const given = golden.files ?? {};
  const files = Array.isArray(given) ? given.map((name) => [name, known[name] ?? ''] as const) : Object.entries(given);
  const write = files.map(([name], i) => `printf %s "$F${i}" >${name}; `).join('');
  const stdin = golden.stdin ?? (golden.input === undefined ? '' : JSON.stringify(inputs[golden.input]));
  const env = [{ name: 'IN', value: stdin }, ...files.map(([, value], i) => ({ name: `F${i}`, value }))];
  const command = ['sh', '-c', `${write}printf %s "$IN" | ${program} "$@"`, program, ...golden.args];
  const result = await finished(await runtime.start(specOf(image, { command, env, workingDir: '/tmp' })));
  expect(result).toEqual({ out: golden.out, err: golden.err ?? '', code: golden.code ?? 0 });
}
