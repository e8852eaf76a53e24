// biome-ignore-all lint/suspicious/noTemplateCurlyInString: shell scripts
import { afterAll, describe, expect, it } from 'vitest';
import { testRuntime } from './helpers.ts';

const { runtime, sh } = testRuntime();
afterAll(() => runtime.dispose());

const dash = (script: string) => sh(script, { image: 'debian:12' });
const bash = (script: string) => sh(script, { image: 'debian:12', shell: 'bash' });

/** Script and what it prints, in every flavour. */
const prints: [name: string, script: string, out: string][] = [
  ['quotes keep what they enclose', `echo "a  b" a\\ b 'c"d' "e'f" "\\$x"`, `a  b a b c"d e'f $x\n`],
  ['defaults, alternatives, assignments', 'y=; echo ${x:-1} ${y-2}${y:-3} ${y+4} ${y:+5}. ${z:=6} $z', '1 3 4 . 6 6\n'],
  [
    'prefixes and suffixes',
    'f=/a/b.tar.gz; echo ${f#*/} ${f##*/} ${f%.*} ${f%%.*} ${#f}',
    'a/b.tar.gz b.tar.gz /a/b.tar /a/b 11\n',
  ],
  ['a pattern inside of quotes is a pattern', 'a=hello; echo "${a%"${a#?}"}"', 'h\n'],
  ['arithmetic', 'x=3; echo $((x*2+1)) $((x+=2)) $x $((7/2)) $((-7%3)) $((5>3&&0)) $((010+0x10))', '7 5 5 3 -1 0 24\n'],
  [
    'substitution nests and loses newlines at the end',
    'x=$(echo a; echo b; echo); echo "$x" `echo \\`echo c\\``',
    'a\nb c\n',
  ],
  [
    'here-documents',
    "x=1; cat <<E; cat <<'E'; cat <<-E\n$x $((1+1)) $(echo s)\nE\n$x\nE\n\ttabs\n\tE",
    '1 2 s\n$x\ntabs\n',
  ],
  ['fields split by IFS', 'IFS=:; x=a:b::c; for i in $x; do echo "<$i>"; done', '<a>\n<b>\n<>\n<c>\n'],
  [
    '"$@" keeps arguments apart, "$*" joins them',
    'set -- "a b" c; printf "<%s>" "$@" "$*"; set --; printf "[%s]" "$@" x',
    '<a b><c><a b c>[x]',
  ],
  [
    'loops with break and continue',
    'for i in 1 2 3; do for j in a b; do [ $j = b ] && continue 2; [ $i = 3 ] && break 2; echo $i$j; done; done',
    '1a\n2a\n',
  ],
  [
    'until and while read',
    'until [ "${n:=0}" -ge 2 ]; do n=$((n+1)); done; printf "1 2\\n3 4\\n" | while read a b; do echo $b-$a; done; echo $n',
    '2-1\n4-3\n2\n',
  ],
  [
    'case',
    'for x in foo a "*" 7; do case $x in f*) echo f;; a|b) echo ab;; \\*) echo star;; [0-9]) echo digit;; esac; done',
    'f\nab\nstar\ndigit\n',
  ],
  [
    'functions with local and return',
    'f() { local x=in; echo $x $1 $#; return 3; }; x=out; f a b; echo $? $x',
    'in a 2\n3 out\n',
  ],
  ['subshells do not leak', 'x=1; (x=2; cd /tmp; exit 3); echo $? $x $PWD', '3 1 /\n'],
  ['lists and negation', 'true && echo a || echo b; false && echo c || echo d; ! false; echo $?', 'a\nd\n0\n'],
  [
    'pipelines have the last status',
    'false | true; echo $?; true | false; echo $?; echo x | tr x y | cat',
    '0\n1\ny\n',
  ],
  [
    'redirections',
    'exec 3>/tmp/t; echo a >&3; exec 3>&-; echo b >>/tmp/t; { echo o; echo e >&2; } 2>&1 | sort; cat </tmp/t',
    'e\no\na\nb\n',
  ],
  ['background and wait', '(exit 4) & wait $!; echo $?; sleep 0.01 & wait; echo $?', '4\n0\n'],
  [
    'getopts',
    'set -- -a -b v rest; while getopts ab: o; do echo $o$OPTARG; done; shift $((OPTIND-1)); echo $1',
    'a\nbv\nrest\n',
  ],
  [
    'file names',
    'cd /tmp; touch b.txt a.txt .h; echo *.txt *.none "*"; x=*.txt; echo $x "$x"',
    'a.txt b.txt *.none *\na.txt b.txt *.txt\n',
  ],
  [
    'eval, source, alias',
    "echo 'echo in $1 $v' >/tmp/s; v=7; . /tmp/s; eval 'w=8; echo $w'; alias hi='echo aliased'\nhi there",
    'in 7\n8\naliased there\n',
  ],
  ['EXIT trap runs last', 'trap "echo bye" EXIT; echo hi', 'hi\nbye\n'],
  ['a trap for a signal runs', 'trap "echo got" USR1; kill -USR1 $$; echo after', 'got\nafter\n'],
  [
    'set -e knows what is tested',
    'set -e; if false; then :; fi; false || true; ! true; f() { false; echo in; }; f || :; echo end',
    'in\nend\n',
  ],
  ['exported variables reach programs', 'A=1; export A; B=2 sh -c \'echo $A$B\'; echo "[$B]"', '12\n[]\n'],
  [
    'printf formats',
    `printf '%s-%03d|%-4s|%x|%.2f|%c|%b\\n' a 7 b 255 3.14159 hello 'x\\ty'`,
    'a-007|b   |ff|3.14|h|x\ty\n',
  ],
];

describe.each([
  ['ash', 'busybox:1.36'],
  ['dash', 'debian:12'],
])('%s', (_, image) => {
  it.each(prints)('%s', async (_name, script, out) => {
    expect(await sh(script, { image })).toEqual({ out, err: '', code: 0 });
  });
});

describe('exit codes and messages', () => {
  it('names commands that do not exist as each shell does', async () => {
    expect(await sh('foo')).toEqual({ out: '', err: 'sh: foo: not found\n', code: 127 });
    expect(await dash('foo')).toEqual({ out: '', err: 'sh: 1: foo: not found\n', code: 127 });
    expect(await bash('foo')).toEqual({ out: '', err: 'bash: line 1: foo: command not found\n', code: 127 });
  });

  it('answers 126 for what may not be run', async () => {
    expect(await dash('echo x >/tmp/f; /tmp/f')).toMatchObject({
      err: 'sh: 1: /tmp/f: Permission denied\n',
      code: 126,
    });
  });

  it('tells redirections that fail', async () => {
    expect(await sh('echo x >/nodir/x; echo $?')).toMatchObject({
      err: "sh: can't create /nodir/x: nonexistent directory\n",
      out: '1\n',
    });
    expect(await dash('cat </none; echo $?')).toMatchObject({
      err: 'sh: 1: cannot open /none: No such file\n',
      out: '2\n',
    });
  });

  it('ends at syntax errors, after what came before them', async () => {
    expect(await dash('echo a\nif true; then')).toEqual({
      out: 'a\n',
      err: 'sh: 2: Syntax error: end of file unexpected (expecting "fi")\n',
      code: 2,
    });
    expect(await sh('echo "x')).toMatchObject({ err: 'sh: syntax error: unterminated quoted string\n', code: 2 });
  });

  it('ends at unset variables under set -u, and at failures under set -e', async () => {
    expect(await dash('set -u; echo $nope; echo no')).toEqual({
      out: '',
      err: 'sh: 1: nope: parameter not set\n',
      code: 2,
    });
    expect(await sh('set -e; false; echo no')).toEqual({ out: '', err: '', code: 1 });
    expect(await sh('set -o pipefail; false | true; echo $?')).toMatchObject({ out: '1\n' });
  });

  it('shows commands under set -x', async () => {
    expect(await sh('set -x; x=1; echo a "b c"')).toMatchObject({ err: "+ x=1\n+ echo a 'b c'\n" });
  });

  it('reports children that signals ended', async () => {
    expect(await dash(`sh -c 'kill -9 $$'; echo $?`)).toEqual({ out: '137\n', err: 'Killed\n', code: 0 });
    expect(await dash('sleep 9 & kill $!; wait $!; echo $?')).toMatchObject({ out: '143\n' });
  });
});

describe('bash', () => {
  const cases: [script: string, out: string][] = [
    ['a=(1 "2 3"); a+=(4); echo ${#a[@]} "${a[1]}" ${a[-1]}; declare -A m; m[k]=v; echo ${m[k]}', '3 2 3 4\nv\n'],
    ['[[ abc == a* && ! -z x ]] && echo glob; [[ v12 =~ v([0-9]+) ]] && echo ${BASH_REMATCH[1]}', 'glob\n12\n'],
    ['for ((i=0;i<2;i++)); do echo $i; done; ((x=5)); echo $x {1..3} a{b,c}', '0\n1\n5 1 2 3 ab ac\n'],
    ['x=hello; echo ${x:1:3} ${x/l/L} ${x//l/L} ${x^^}; read a b <<<"p q r"; echo $b', 'ell heLlo heLLo HELLO\nq r\n'],
    ['while read -r l; do echo "[$l]"; done < <(printf "a\\nb\\n"); echo $\'t\\tx\'', '[a]\n[b]\nt\tx\n'],
  ];
  it.each(cases)('%s', async (script, out) => {
    expect(await bash(script)).toEqual({ out, err: '', code: 0 });
  });
});
