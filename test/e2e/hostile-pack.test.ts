import { lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { newScenario } from '../../src/authoring/new.ts';
import { socketPath } from '../../src/session/remote-labs.ts';
import { type CheckReport, Kubectl, type Started } from './lab.ts';
import { Sandbox } from './sandbox.ts';

/** The clipboard (OSC 52), the window's name, green, CSI of C1, marks of direction, no width, half a character. */
const osc = '\u001b]52;c;ZXZpbA==\u0007\u001b]0;owned\u0007\u001b]2;owned\u001b\\';
const evil = (name: string) => `${name}${osc}\u001b[32mGREEN\u009b2J\u202eRLO\u2066\u200bZW\u2028\ud800`;

/** As it can stand in a file: UTF-8 has no half characters. */
const whole = (text: string) => text.replaceAll('\ud800', '');

/** What no output may hold; tabs and newlines it may. */
const raw = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufffd]/;
/** Commands at a time. */
const atOnce = 4;

/** The program's own colours. */
const own = /\u001b\[(?:0|1|2|3|4|7|22|23|24|27|3[0-79]|9[0-7])m/g;

let user: Sandbox;
let pack: string;
let started: Started;

/** Writes a scenario and changes its description. */
function scenario(folder: string, id: string, change: (described: Described) => void): string {
  newScenario({ folder, id, title: 'One', competency: 'ckad/configmaps', namespace: id });
  const file = join(folder, id, 'scenario.yaml');
  const described = parse(readFileSync(file, 'utf8')) as Described;
  change(described);
  writeFileSync(file, stringify(described));
  return join(folder, id);
}

interface Described {
  title: string;
  variables: Record<string, object>;
  checks: Record<string, unknown>[];
  hints: { text: string; price: number }[];
  mistakes: Record<string, { title: string }>;
  lint: object;
}

const talker = (line: string) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'talker', namespace: '@{namespace}' },
  spec: {
    selector: { matchLabels: { app: 'talker' } },
    template: {
      metadata: { labels: { app: 'talker' } },
      spec: {
        containers: [
          { name: 'talker', image: 'busybox:1.37', command: ['sh', '-c', `while true; do ${line}; sleep 1; done`] },
        ],
      },
    },
  },
});

const logged = (more: object) => ({
  workload: 'deployment/talker',
  namespace: '@{namespace}',
  period: '1s',
  ...more,
});

beforeAll(async () => {
  user = await Sandbox.create();
  pack = join(user.folder, 'evil');
  const inWords = (described: Described) => {
    described.title = evil('title');
    described.variables.word = { default: evil('word'), others: [evil('other')] };
    const [first, second] = described.checks;
    Object.assign(first ?? {}, { title: evil('check'), why: evil('why'), weight: 40 });
    Object.assign(second ?? {}, { title: evil('guard'), why: evil('why') });
    described.checks.push({
      id: 'words',
      title: evil('words'),
      weight: 40,
      podLogs: logged({ matches: '^never$', contradicts: 'EVIL', shows: evil('shows') }),
    });
    for (const hint of described.hints) hint.text = evil('hint');
    for (const mistake of Object.values(described.mistakes)) mistake.title = evil('mistake');
    described.lint = { unchecked: [evil('unchecked')], missing: [evil('missing')] };
  };
  const small = scenario(pack, 'evil-small', (described) => {
    inWords(described);
    described.checks.pop();
    for (const check of described.checks) check.weight = 50;
    delete described.mistakes['wrong-value'];
  });
  rmSync(join(small, 'mistakes', 'wrong-value.yaml'));
  const folder = scenario(pack, 'evil-map', inWords);
  const deployment = talker('printf "EVIL \\033]52;c;ZXZpbA==\\007 \\342\\200\\256 \\302\\2332J\\n"');
  writeFileSync(join(folder, 'setup', `30-${whole(evil('file'))}.yaml`), stringify(deployment));
  for (const name of ['task.md', 'debrief.md'])
    writeFileSync(join(folder, name), `# ${whole(evil(name))}\n\n- @{word}\n`);
  const solution = join(folder, 'solutions', 'reference.yaml');
  writeFileSync(solution, `# ${whole(evil('comment'))}\n${readFileSync(solution, 'utf8')}`);
  for (const at of [small, folder])
    renameSync(join(at, 'solutions', 'with-more.yaml'), join(at, 'solutions', `${whole(evil('solution'))}.yaml`));
  writeFileSync(
    join(pack, 'pack.yaml'),
    stringify({
      ...{ apiVersion: 'kubedrill.dev/v1', kind: 'Pack', title: evil('pack'), version: evil('1.0.0') },
      exams: [{ id: 'evil-exam', title: evil('exam'), minutes: 10, tasks: 1 }],
    }),
  );
  expect(await user.run(['pack', 'install', pack])).toMatchObject({ code: 0 });
  started = await user.json<Started>(['start', 'evil-map', '--coach', '3']);
  // Until the lines of the log have been judged.
  const settled = await user.json<CheckReport>(['check']);
  expect(settled.score).toBe(0);
}, 120_000);
afterAll(() => user.dispose());

describe('a pack with escape sequences, marks of direction and half characters in every field', () => {
  /** As it comes from a command line, which is UTF-8. */
  const typed = whole(evil('x'));
  const commands = [
    ...[
      'list',
      'list --json',
      'coverage',
      'exam list',
      'exam draw evil-exam --seed 1',
      'task',
      'status',
      'status --json',
    ],
    ...[
      'check',
      'check --json',
      'hint',
      'hint --json',
      'explain',
      'explain words --yes',
      'solution',
      'solution --json',
    ],
    ...['debrief', 'replay', 'env', 'cluster list', 'cluster doctor', 'complete -- start ', 'pack list'],
    ...['json', 'html', 'junit', 'csv', 'markdown'].map((format) => `report --format ${format}`),
    ...['pack list --json', 'pack docs evil', 'pack lint evil', 'pack update evil', 'coverage --markdown /dev/stdout'],
    ...['start evil-map --seed 3', 'pack verify evil --scenario evil-small --parallel 4'],
    ...['start @', 'check --attempt @', 'explain @', 'hint --@', '@', 'pack docs ./@', 'pack install @', 'report @'],
  ].map((line) => line.split(' ').map((word) => word.replace('@', typed)));

  it('prints none of it, whatever is asked for', async () => {
    const look = async (args: readonly string[]) => {
      const { stdout, stderr } = await user.run(args, { env: { FORCE_COLOR: '1' } });
      const said = stdout + stderr;
      expect([args, said.length]).not.toEqual([args, 0]);
      expect([args, raw.exec(said.replaceAll(own, ''))?.[0]]).toEqual([args, undefined]);
      expect([args, said]).toEqual([args, expect.not.stringContaining('\u001b[32mGREEN')]);
    };
    for (let at = 0; at < commands.length; at += atOnce) await Promise.all(commands.slice(at, at + atOnce).map(look));
  });

  it('shows what it is, and loses nothing of it in JSON', async () => {
    const { stdout } = await user.run(['list']);
    expect(stdout).toContain(
      'title␛]52;c;ZXZpbA==␇␛]0;owned␇␛]2;owned␛\\GREEN\\x9b2J\\u202eRLO\\u2066\\u200bZW\\u2028',
    );
    const rows = await user.json<{ id: string; title: string }[]>(['list']);
    expect(rows.find(({ id }) => id === 'evil-map')?.title).toBe(evil('title'));
    const { checks } = await user.json<CheckReport>(['check', '--attempt', started.attempt]);
    expect(checks.find(({ id }) => id === 'words')?.actual).toContain('EVIL \u001b]52;c;');
  });

  it('gives spreadsheets and pages nothing to run, in files neither', async () => {
    const folder = join(user.folder, 'pages');
    expect(await user.run(['pack', 'docs', 'evil', '-o', folder])).toMatchObject({ code: 0 });
    for (const file of ['README.md', 'evil-map.md']) expect(readFileSync(join(folder, file), 'utf8')).not.toMatch(raw);
    const file = join(user.folder, 'report.html');
    expect(await user.run(['report', '--format', 'html', '-o', file])).toMatchObject({ code: 0 });
    expect(readFileSync(file, 'utf8')).not.toMatch(raw);
  });

  it('leaves nothing in the state folder that others may read', () => {
    const open = readdirSync(user.paths.state, { recursive: true, withFileTypes: true })
      .map((entry) => join(entry.parentPath, entry.name))
      .concat(user.paths.state)
      .flatMap((path) => {
        const { mode } = lstatSync(path);
        return (mode & 0o077) === 0 ? [] : [`${(mode & 0o777).toString(8)} ${relative(user.paths.state, path)}`];
      });
    expect(open).toEqual([]);
    const { mode } = lstatSync(dirname(socketPath(user.paths)));
    expect([mode & 0o777, lstatSync(socketPath(user.paths)).mode & 0o777]).toEqual([0o700, 0o600]);
  });

  it('leaves the daemon’s log readable', () => {
    expect(readFileSync(join(user.paths.state, 'daemon.log'), 'utf8')).not.toMatch(raw);
  });

  it('does nothing to the terminal that the app is in', async () => {
    const terminal = user.terminal(['evil-map'], { columns: 120, rows: 40 });
    await terminal.until('check␛]52');
    for (const [key, overlay] of [
      ['h', '▸ Hints'],
      ['e', '▸ Explain'],
    ] as const) {
      terminal.type(key);
      // What costs points is asked twice.
      if (key === 'h') {
        await terminal.until('Take it?');
        terminal.type(key);
      }
      await terminal.until(overlay);
      terminal.type('\u001b');
      await terminal.until((text) => !text.includes(overlay));
    }
    terminal.type('l');
    await terminal.until('title␛]52');
    terminal.type('q');
    expect(await terminal.exited).toBe(0);
    const written = terminal.raw();
    expect(written).not.toMatch(/\u001b\](?:0|2|52);|\u0007|[\u0080-\u009f]/);
    expect(written).not.toMatch(/[\u200b\u2028-\u202e\u2066-\u2069\ufffd]/);
    expect(written).not.toContain('\u001b[32mGREEN');
  });

  it('does nothing to the plain app’s reader', async () => {
    const input =
      'list\nstart evil-map\ntask\ncheck\nhint\nexplain words yes\nsolution\ndebrief\nstart no\u001b]0;x\u0007\nquit\n';
    const { stdout, stderr } = await user.run(['--plain'], { input, env: { FORCE_COLOR: '1' } });
    expect(stdout).toContain('debrief.md␛]52');
    expect((stdout + stderr).replaceAll(own, '')).not.toMatch(raw);
    expect(stdout).not.toContain('\u001b[32mGREEN');
  });
});

describe('a pack that would take all time or memory', () => {
  it('with a pattern that backtracks has it judged, and its neighbours notice nothing', async () => {
    const other = await user.json<Started>(['cluster', 'up', '--name', 'neighbour']);
    const folder = join(user.folder, 'slow');
    const slow = scenario(folder, 'slow-words', ({ checks }) => {
      Object.assign(checks[0] ?? {}, { weight: 40 });
      checks.push({
        ...{ id: 'words', title: 'Words', weight: 40 },
        podLogs: logged({ matches: '^(a|a)*$', contradicts: '^(b+b+)+$', shows: 'words' }),
      });
    });
    const line = talker(`echo ${'a'.repeat(46)}!`);
    writeFileSync(join(slow, 'setup', '30-talker.yaml'), stringify(line));
    const { attempt } = await user.json<Started>(['start', 'slow-words', '--pack', folder]);
    const { checks } = await user.json<CheckReport>(['check', '--attempt', attempt]);
    expect(checks.find(({ id }) => id === 'words')?.status).toMatch(/fail|pending/);
    expect(await new Kubectl(user, other.kubeconfig).run(['get', 'nodes'])).toContain('Ready');
    expect(await user.run(['stop', '--attempt', attempt])).toMatchObject({ code: 0 });
  });

  it('is told where its patterns, paths and expressions cannot be bounded, and what to write instead', async () => {
    const folder = join(user.folder, 'unbounded');
    scenario(folder, 'looks-ahead', ({ checks }) => {
      checks.push(
        { id: 'a', title: 'A', weight: 0, podLogs: logged({ matches: '^a(?!b)', shows: 'a' }) },
        { id: 'b', title: 'B', weight: 0, fileAnswer: { file: 'b.txt', matches: '(a)\\1' } },
        { id: 'c', title: 'C', weight: 0, resource: { kind: 'pods', cel: ["object.a.matches('(?<=x)')"] } },
        { id: 'd', title: 'D', weight: 0, unchanged: { object: 'configmap/limits', fields: ['a..b..c'] } },
      );
    });
    const lint = await user.run(['pack', 'lint', folder]);
    expect(lint.code).toBe(1);
    for (const words of ['looks ahead or behind', 'refers back', 'not a CEL expression', '.. once at most'])
      expect(lint.stdout).toMatch(
        new RegExp(`looks-ahead/scenario\\.yaml:\\d+:\\d+: .*${words.replaceAll('.', '\\.')}`),
      );
    const start = await user.run(['start', 'looks-ahead', '--pack', folder]);
    expect(start).toMatchObject({ code: 2, stdout: '' });
    expect(start.stderr).toMatch(/scenario\.yaml:\d+:\d+: .*contradicts, lacks/);
  });

  const levels = Array.from({ length: 9 }, (_, n) => `l${n + 1}: &l${n + 1} [${`*l${n}, `.repeat(9)}*l${n}]`);
  const bomb = ['l0: &l0 [x, x]', ...levels].join('\n');
  it.each([
    ['aliases that multiply', bomb, /scenario\.yaml:\d+:\d+: its aliases .*write out what they stand for/],
    ['an anchor in itself', 'title: &a [*a]', /scenario\.yaml:1:1: an anchor .* of itself/],
    [
      'a nesting without an end',
      `title: ${'['.repeat(50_000)}${']'.repeat(50_000)}`,
      /scenario\.yaml:1:\d+: it is nested deeper/,
    ],
    ['too large a text', `title: ${'x'.repeat(300_000)}`, /scenario\.yaml:1:1: it has 293 KiB, and may have 256/],
  ])('by %s is refused with file and reason', async (name, text, message) => {
    const folder = join(user.folder, name.replaceAll(' ', '-'));
    const at = scenario(folder, 'large-one', () => undefined);
    writeFileSync(join(at, 'scenario.yaml'), text);
    const { code, stderr } = await user.run(['start', 'large-one', '--pack', folder]);
    expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
    expect(stderr).toContain(`next: edit ${join(at, 'scenario.yaml')}`);
    expect(stderr).not.toContain('bug');
  });

  it('by the aliases of a manifest is refused when it is started, and when it is looked through', async () => {
    const folder = join(user.folder, 'manifest-bomb');
    const at = scenario(folder, 'large-two', () => undefined);
    writeFileSync(join(at, 'setup', '30-bomb.yaml'), bomb);
    const start = await user.run(['start', 'large-two', '--pack', folder]);
    expect([start.code, start.stderr]).toEqual([2, expect.stringMatching(/30-bomb\.yaml:\d+:\d+: its aliases/)]);
    const lint = await user.run(['pack', 'lint', folder]);
    expect([lint.code, lint.stdout]).toEqual([1, expect.stringMatching(/30-bomb\.yaml:\d+:\d+: its aliases/)]);
  });

  it('by a variable that stands in a text again and again is refused', async () => {
    const folder = join(user.folder, 'expanding');
    const at = scenario(folder, 'large-three', ({ variables }) => {
      variables.word = { default: 'x'.repeat(500) };
    });
    writeFileSync(join(at, 'task.md'), '@{word}'.repeat(3_000));
    const { code, stderr } = await user.run(['start', 'large-three', '--pack', folder]);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/task\.md:1:1: it has \d+ KiB, and may have 24/)]);
  });

  it('by a name that a shell would run is refused', async () => {
    const folder = join(user.folder, 'named');
    const at = scenario(folder, 'named', () => undefined);
    renameSync(at, join(folder, '$(touch pwned)'));
    mkdirSync(join(folder, 'x'), { recursive: true });
    const { code, stderr } = await user.run(['start', '$(touch pwned)', '--pack', folder]);
    expect([code, stderr]).toEqual([2, expect.stringContaining("can be no scenario's name")]);
  });
});
