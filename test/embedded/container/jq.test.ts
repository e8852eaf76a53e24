import { afterAll, describe, expect, it } from 'vitest';
import { expectGolden, goldenCases } from './golden.ts';
import { finished, specOf, testRuntime } from './helpers.ts';

const box = testRuntime();
afterAll(() => box.runtime.dispose());

const golden = goldenCases('jq');
const image = 'alpine/k8s:1.30.0';

describe('jq', () => {
  it.each(golden.cases)('$args', (one) => expectGolden(box, golden, one));

  /** Where 1.7.1 answers otherwise than 1.6. */
  const newer: [args: string[], out: string, err?: string, code?: number][] = [
    [['-n', 'if true then 1 end'], '1\n'],
    [['-nc', '{a: 1, b: {c: 2}} | pick(.b.c)'], '{"b":{"c":2}}\n'],
    [['-nc', '[limit(0; 1, 2)], [1 | limit(3; repeat(. * 2))]'], '[]\n[1,2,4]\n'],
    [['-nc', '" a " | trim, ltrim, rtrim'], '"a"\n"a "\n" a"\n'],
    [['-nc', '[1, 2, 3] | (.[] | select(. > 1)) |= empty'], '[1]\n'],
    [['-nc', '"YQ==" | @base64d, (@base32 | @base32d)'], '"a"\n"YQ=="\n'],
    [['-nc', '[{name: "a", value: 1}, {k: "b", v: 2}] | from_entries'], '{"a":1,"b":2}\n'],
    [['-n', 'error(null)'], '', 'jq: error (at <unknown>) (not a string): null\n', 5],
    [['-n', '.a |'], '', syntax('end of file', '.a |'), 3],
    [['-n', '.a b'], '', syntax('IDENT, expecting end of file', '.a b'), 3],
    [['-n', '{a'], '', syntax("end of file, expecting '}'", '{a'), 3],
    [['-V'], 'jq-1.7.1\n'],
  ];

  function syntax(unexpected: string, program: string): string {
    return `jq: error: syntax error, unexpected ${unexpected} (Unix shell quoting issues?) at <top-level>, line 1:\n${program}\njq: 1 compile error\n`;
  }

  it.each(newer)('%j', (args, out, err = '', code = 0) => expectGolden(box, golden, { args, out, err, code }));

  it('says where its input is no JSON, after what came before', () =>
    expectGolden(box, golden, {
      ...{ args: ['-c', '.'], stdin: '{"a":1}\n{"a" 2}\n', out: '{"a":1}\n' },
      ...{ err: 'jq: parse error: Expected separator between values at line 2, column 7\n', code: 2 },
    }));

  it('passes results on before it waits for more input', async () => {
    const script =
      '(echo 1; while [ ! -e /tmp/seen ]; do sleep 0.05; done; echo 2) | jq ". + 1" | while read n; do echo $n; touch /tmp/seen; done';
    expect((await box.sh(script, { image })).out).toBe('2\n3\n');
  });

  it('neither holds up others nor keeps more than there is', async () => {
    const busy = await box.runtime.start(specOf(image, { command: ['jq', '-n', 'last(range(1e12))'] }));
    expect((await box.sh('echo served', { image })).out).toBe('served\n');
    busy.kill('SIGKILL');
    await busy.exited;
    const greedy = await box.runtime.start(
      specOf(image, { command: ['jq', '-n', '[range(1e12)]'], resources: { limits: { memory: '16Mi' } } }),
    );
    expect(await greedy.exited).toMatchObject({ exitCode: 137, reason: 'OOMKilled' });
    const deep = await finished(await box.runtime.start(specOf(image, { command: ['jq', '-n', 'def f: f + 1; f'] })));
    expect(deep.code).toBe(139);
  });

  it('colours on a terminal, and with -C', async () => {
    const { out } = await box.sh(`jq -nC -c '{a: [1, "x", null]}'`, { image });
    const bold = '\x1b[1;39m';
    const off = '\x1b[0m';
    expect(out).toBe(
      `${bold}{${off}\x1b[34;1m"a"${off}${bold}:${off}${bold}[\x1b[0;39m1${off}${bold},\x1b[0;32m"x"${off}${bold},\x1b[1;30mnull${off}${bold}${bold}]${off}${bold}${bold}}${off}\n`,
    );
  });
});
