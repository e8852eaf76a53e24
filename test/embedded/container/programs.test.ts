import { afterAll, describe, expect, it } from 'vitest';
import { testRuntime } from './helpers.ts';

const { runtime, sh } = testRuntime();
afterAll(() => runtime.dispose());

/** Script and output, with the tools of busybox. */
const cases: [script: string, out: string][] = [
  [
    `printf 'b 2\\na 10\\nc 1\\n' >/tmp/f; sort -k2 -n /tmp/f; sort -r /tmp/f | head -1; printf 'b\\na\\nb\\n' | sort -u`,
    'c 1\nb 2\na 10\nc 1\na\nb\n',
  ],
  [
    `printf 'a\\na\\nb\\n' | uniq -c; seq 5 | tail -n +4; seq 5 | head -n -3; echo abcdef | tail -c 3`,
    '      2 a\n      1 b\n4\n5\n1\n2\nef\n',
  ],
  [
    `echo a:b:c | cut -d: -f1,3; echo abcdef | cut -c2-4; echo Hello | tr a-z A-Z; echo aabb | tr -s ab; echo a1b2 | tr -cd '0-9\\n'`,
    'a:c\nbcd\nHELLO\nab\n12\n',
  ],
  [
    `printf 'foo bar\\nbaz\\n' >/tmp/g; grep -n ba /tmp/g; grep -c o /tmp/g; grep -o 'ba.' /tmp/g; grep -v foo /tmp/g; grep -E '^(foo|x)' /tmp/g; grep -q no /tmp/g; echo $?`,
    '1:foo bar\n2:baz\n1\nbar\nbaz\nbaz\nfoo bar\n1\n',
  ],
  [
    `seq 5 | sed -n '2,3p;$p'; echo a/b | sed 's|/|-|;s/a/&&/'; echo abc | sed -E 's/(a)(b)/\\2\\1/'; seq 3 | sed '2d'; echo x >/tmp/e; sed -i s/x/y/ /tmp/e; cat /tmp/e`,
    '2\n3\n5\naa-b\nbac\n1\n3\ny\n',
  ],
  [
    `printf 'a 1\\nb 2\\n' | awk '{s+=$2} END{print s, NR}'; echo a:b | awk -F: '{print $2}'; awk 'BEGIN{printf "%03d %s\\n", 7, toupper("x")}'`,
    '3 2\nb\n007 X\n',
  ],
  [
    'echo hello | base64; echo aGkK | base64 -d; printf abc | sha256sum | cut -c1-8; printf abc | md5sum | cut -c1-8',
    'aGVsbG8K\nhi\nba7816bf\n90015098\n',
  ],
  [
    `printf 'a b\\nc\\n' | xargs; printf 'x\\ny\\n' | xargs -I{} echo '<{}>'; echo 1 2 | xargs -n1 echo n`,
    'a b c\n<x>\n<y>\nn 1\nn 2\n',
  ],
  [
    'mkdir -p /tmp/d/e; echo 1 >/tmp/d/e/f; cp -r /tmp/d /tmp/d2; mv /tmp/d2/e/f /tmp/d2/g; find /tmp/d2 | sort; rm -r /tmp/d2; ls /tmp/d',
    '/tmp/d2\n/tmp/d2/e\n/tmp/d2/g\ne\n',
  ],
  [
    'touch /tmp/m; chmod 640 /tmp/m; stat -c "%a %U" /tmp/m; ln -s m /tmp/l; readlink /tmp/l; ls -l /tmp/l | cut -c1-10; umask',
    '640 root\nm\nlrwxrwxrwx\n0022\n',
  ],
  ['cd /tmp; mkdir t; echo hi >t/a; tar czf t.tgz t; rm -r t; tar xzf t.tgz; cat t/a; tar tzf t.tgz', 'hi\nt/\nt/a\n'],
  [
    'printf "a\\nb\\n" >/tmp/1; printf "a\\nc\\n" >/tmp/2; diff /tmp/1 /tmp/2; echo $?; expr 6 \\* 7; basename /a/b.c .c; dirname /a/b',
    '--- /tmp/1\n+++ /tmp/2\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n1\n42\nb\n/a\n',
  ],
  [
    'yes | head -2; seq -s, 3; timeout 0.05 sleep 9; echo $?; env -i A=1 env; date -u -d @0 +%FT%T',
    'y\ny\n1,2,3\n143\nA=1\n1970-01-01T00:00:00\n',
  ],
  [
    'id; whoami; hostname; uname; pwd; tty; nproc; echo $HOME',
    'uid=0(root) gid=0(root) groups=0(root)\nroot\nbox\nLinux\n/\nnot a tty\n4\n/root\n',
  ],
  ['ls /nope; cat /nope; rm /nope; mkdir /tmp; cp /nope /x; grep x /nope; echo $?', '2\n'],
];

describe('busybox tools', () => {
  it.each(cases)('%s', async (script, out) => {
    expect((await sh(script)).out).toBe(out);
  });

  it('complain in busybox words', async () => {
    const { err } = await sh('ls /nope; cat /nope; rm /nope; mkdir /tmp; cp /nope /x; touch /proc/x');
    expect(err).toBe(
      [
        'ls: /nope: No such file or directory',
        "cat: can't open '/nope': No such file or directory",
        "rm: can't remove '/nope': No such file or directory",
        "mkdir: can't create directory '/tmp': File exists",
        "cp: can't stat '/nope': No such file or directory",
        'touch: /proc/x: Permission denied',
        '',
      ].join('\n'),
    );
  });

  it('complain in GNU words in images that have those', async () => {
    const { err } = await sh('ls /nope; cat /nope; rm /nope; mkdir /tmp', { image: 'nginx:1.27' });
    expect(err).toBe(
      "ls: cannot access '/nope': No such file or directory\ncat: /nope: No such file or directory\nrm: cannot remove '/nope': No such file or directory\nmkdir: cannot create directory '/tmp': File exists\n",
    );
  });

  it('follow files that grow', async () => {
    const { out } = await sh('echo a >/tmp/f; tail -f /tmp/f & p=$!; sleep 0.1; echo b >>/tmp/f; sleep 1.2; kill $p');
    expect(out).toBe('a\nb\n');
  });

  it('list processes and end them', async () => {
    const { out } = await sh('sleep 99 & ps; pgrep sleep; pkill sleep; wait $!; echo $?');
    expect(out).toMatch(/^ *PID USER +TIME +COMMAND\n +1 root +0:00 sh -c/);
    expect(out).toMatch(/ 2 root +0:00 sleep 99\n/);
    expect(out).toMatch(/\n2\n143\n$/);
  });
});
