/** etcdctl and etcdutl where they need no server, as v3.6.6 answers. */
import { afterAll, describe, it } from 'vitest';
import { expectGolden, goldenCases } from './golden.ts';
import { testRuntime } from './helpers.ts';

const box = testRuntime();
afterAll(() => box.runtime.dispose());

describe.each(['etcdctl', 'etcdutl'])('%s', (name) => {
  const golden = goldenCases(name);
  it.each(golden.cases.map((one) => [one.args.join(' '), one] as const))('%s', (_, one) =>
    expectGolden(box, golden, one),
  );
});
