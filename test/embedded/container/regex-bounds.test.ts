/** Regular expressions that are too big, or take too long: the program that has one says so, and nobody else ends. */
import { afterAll, describe, expect, it } from 'vitest';
import { collect, specOf, testRuntime } from './helpers.ts';

const bugs: string[] = [];
const { runtime, sh } = testRuntime(undefined, bugs);
afterAll(() => runtime.dispose());

const big = '((a{1,300}){1,300}){1,300}';
const bigBasic = '\\(\\(a\\{1,300\\}\\)\\{1,300\\}\\)\\{1,300\\}';
/** Backtracks: references back can't be remembered. */
const slow = '^(a|aa)+\\1b';
const slowBasic = '^\\(a\\|aa\\)\\+\\1b';
const text = 'a'.repeat(200);
const debian = 'debian:12';

/** The program ends with its own complaint and code; its shell goes on, and nothing is taken for a fault of ours. */
async function complainsAndGoesOn(_: string, image: string, script: string, code: number, message: string) {
  const shell = image === debian ? 'bash' : 'sh';
  const result = await sh(`${script}; code=$?; echo goes on; exit $code`, { image, shell });
  expect(result).toEqual({ out: 'goes on\n', err: expect.stringContaining(message), code });
  expect(bugs.splice(0)).toEqual([]);
}

describe('a regular expression that is too big', () => {
  it.each([
    ['bash [[', debian, `[[ x =~ ${big} ]]`, 2, `invalid regular expression \`${big}': Regular expression too big`],
    ['bash [[ ||', debian, `[[ x =~ ${big} || a = a ]]`, 0, 'Regular expression too big'],
    ['bash [[ !', debian, `[[ ! x =~ ${big} ]]`, 0, 'Regular expression too big'],
    [
      'bash [[ of no expression',
      debian,
      "[[ x =~ '['[ ]]; e=$?; [[ x =~ [z-a] ]]; [ $e$? = 22 ]",
      0,
      'Invalid range end',
    ],
    ['grep', debian, `echo a | grep -E '${big}'`, 2, 'grep: Regular expression too big'],
    ['busybox grep', 'busybox', `echo a | grep -E '${big}'`, 2, `grep: bad regex '${big}': Regular expression too big`],
    ['sed', debian, `echo a | sed -E 's/${big}/b/'`, 1, 'Regular expression too big'],
    ['awk', 'busybox', `echo a | awk '/${big}/'`, 2, 'Regular expression too big'],
    ['awk at run time', 'busybox', `echo a | awk '{ r = "${big}"; print $0 ~ r }'`, 2, 'Regular expression too big'],
    ['expr', debian, `expr a : '${bigBasic}'`, 2, 'expr: Regular expression too big'],
    ['find', debian, `find / -regex '${bigBasic}'`, 1, `failed to compile regular expression '${bigBasic}'`],
    ['busybox pgrep', 'busybox', `pgrep '${big}'`, 1, `pgrep: bad regex '${big}'`],
    ['jq', 'alpine/k8s:1.30.0', `echo '"a"' | jq 'test("${big}")'`, 5, 'is not a valid regex'],
  ])('%s', complainsAndGoesOn);
});

describe('a pattern that takes too long', () => {
  const stars = `${'*a'.repeat(4000)}b`;
  it.each([
    [
      'bash [[',
      debian,
      `r='${slow}'; [[ ${text} =~ $r ]]`,
      2,
      `[[: invalid regular expression \`${slow}': memory exhausted`,
    ],
    [
      'case',
      debian,
      `x=$(printf '%04000d' 0 | tr 0 a); case $x in ${stars}) ;; esac`,
      2,
      'bash: line 1: memory exhausted',
    ],
    [
      'case in sh',
      'busybox',
      `x=$(printf '%04000d' 0 | tr 0 a); case $x in ${stars}) ;; esac`,
      2,
      'sh: memory exhausted',
    ],
    ['removal', debian, `x=$(printf '%04000d' 0 | tr 0 a); echo \${x#${stars}}`, 2, 'bash: line 1: memory exhausted'],
    ['grep', debian, `echo ${text} | grep -E '${slow}'`, 2, 'grep: memory exhausted'],
    ['sed', debian, `echo ${text} | sed -E 's/${slow}/b/'`, 2, 'sed: memory exhausted'],
    ['expr', debian, `expr ${text} : '${slowBasic}'`, 2, 'expr: memory exhausted'],
  ])('%s', complainsAndGoesOn);

  it('ends no vi', async () => {
    const container = await runtime.start(specOf('busybox', { command: ['sleep', '1000'] }));
    await collect(container.exec({ command: ['sh', '-c', `echo ${text} >/f`], stdin: false, tty: false }));
    const session = container.exec({ command: ['vi', '/f'], stdin: true, tty: true });
    let screen = '';
    const shown = new Promise<void>((resolve) => {
      session.stdout.on('data', (chunk: Buffer) => {
        screen += chunk;
        if (screen.includes('memory exhausted')) resolve();
      });
    });
    session.stdin?.write(`:s/${slowBasic}/x/\r`);
    await shown;
    session.stdin?.write('xx:wq\r');
    expect(await session.exit).toBe(0);
    const { out } = await collect(container.exec({ command: ['wc', '-c', '/f'], stdin: false, tty: false }));
    expect(out).toBe('199 /f\n');
    container.kill('SIGKILL');
  });

  it('matches nothing where a range is reversed', async () => {
    expect(await sh('case b in [z-a]) echo yes ;; *) echo no ;; esac')).toMatchObject({
      out: 'no\n',
      err: '',
      code: 0,
    });
    expect(bugs.splice(0)).toEqual([]);
  });
});
