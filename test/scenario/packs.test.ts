import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Catalog } from '../../src/scenario/catalog.ts';
import { installedPackFolders } from '../../src/scenario/packs/folders.ts';
import { mostBytes, mostFiles } from '../../src/scenario/packs/limits.ts';
import { parseSource } from '../../src/scenario/packs/source.ts';
import { PackStore } from '../../src/scenario/packs/store.ts';
import { packDigest } from '../../src/scenario/trust.ts';
import { temporaryFolder } from '../helpers/temporary.ts';

const samples = join(import.meta.dirname, '..', '..', 'fixtures', 'packs', 'samples');
const { signal } = new AbortController();
let folder: string;
let root: string;
let store: PackStore;
/** Looks through nothing. */
const fine = () => undefined;

beforeEach(() => {
  folder = temporaryFolder();
  root = join(folder, 'state', 'packs');
  store = new PackStore(root);
});

/** A pack of two scenarios. */
function pack(name: string): string {
  const created = join(folder, name);
  for (const part of ['pack.yaml', 'broken-image', 'closed-door']) {
    cpSync(join(samples, part), join(created, part), { recursive: true });
  }
  return created;
}

interface Entry {
  name: string;
  text?: string;
  type?: string;
  size?: number;
  prefix?: string;
}

/** A tar archive with whatever names and types. */
function tar(entries: readonly Entry[]): Buffer {
  const blocks = entries.flatMap(({ name, text = '', type = '0', size = Buffer.byteLength(text), prefix = '' }) => {
    const header = Buffer.alloc(512);
    header.write(name, 0);
    header.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
    header.write(type, 156);
    header.write('ustar\0', 257);
    header.write(prefix, 345);
    header.fill(' ', 148, 156);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    const data = Buffer.alloc(Math.ceil(Buffer.byteLength(text) / 512) * 512);
    data.write(text);
    return [header, data];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

const described: Entry = { name: 'mine/pack.yaml', text: readFileSync(join(samples, 'pack.yaml'), 'utf8') };

function tgz(entries: readonly Entry[]): string {
  const file = join(folder, 'mine.tgz');
  writeFileSync(file, gzipSync(tar(entries)));
  return file;
}

const install = (source: string) => store.install(parseSource(source), fine, signal);

async function refusal(work: Promise<unknown>): Promise<object> {
  const error = await work.then(
    () => undefined,
    (reason: { text: object }) => reason,
  );
  if (!error) throw new Error('it was not refused');
  return error.text;
}

describe('a pack from elsewhere', () => {
  it('is found beside the built-in ones, without what git keeps of it', async () => {
    const source = pack('mine');
    const digest = packDigest(source);
    mkdirSync(join(source, '.git'));
    writeFileSync(join(source, '.git', 'config'), '');
    const installed = await install(source);
    expect(installed).toMatchObject({ id: 'mine', version: '1.1.0', digest, source: { kind: 'folder', path: source } });
    expect(packDigest(installed.folder)).toBe(digest);
    const catalog = new Catalog(join(samples, 'none'), root);
    expect(catalog.scenarios().map((s) => [s.pack.id, s.id, s.pack.builtIn])).toEqual([
      ['mine', 'broken-image', false],
      ['mine', 'closed-door', false],
    ]);
    expect(catalog.packFolder('mine')).toBe(installed.folder);
    expect(readdirSync(root)).toEqual(['mine']);
  });

  it('is not looked at where it can no longer be read, and others are', async () => {
    const { folder: at } = await install(pack('mine'));
    await install(pack('other'));
    writeFileSync(join(at, 'pack.yaml'), 'kind: [');
    const catalog = new Catalog(join(samples, 'none'), root);
    expect(catalog.packs().map((p) => p.id)).toEqual(['other']);
    writeFileSync(join(root, 'other', 'other', 'closed-door', 'scenario.yaml'), 'kind: [');
    expect(catalog.scenarios().map((s) => s.id)).toEqual(['broken-image']);
    expect(() => catalog.scenario('other/closed-door')).toThrow(/closed-door\/scenario\.yaml:1:/);
  });

  it('that has a scenario of another one is asked for by name', async () => {
    await install(pack('mine'));
    await install(pack('other'));
    const catalog = new Catalog(join(samples, 'none'), root);
    expect(catalog.scenario('other/closed-door').pack.id).toBe('other');
    expect(() => catalog.scenario('closed-door')).toThrow('there are several scenarios closed-door');
  });

  it('is there once', async () => {
    const source = pack('mine');
    await install(source);
    expect(await refusal(install(source))).toEqual({
      what: 'a pack mine is installed already',
      next: 'kubedrill pack update mine',
    });
  });

  it('leaves nothing if it is refused', async () => {
    const source = parseSource(pack('mine'));
    const no = vi.fn(() => {
      throw new Error('no');
    });
    await expect(store.install(source, no, signal)).rejects.toThrow('no');
    expect(readdirSync(root)).toEqual([]);
    const installed = await store.install(source, fine, signal);
    await expect(store.update('mine', no, signal)).rejects.toThrow('no');
    expect(store.list()).toEqual([installed]);
    expect(readdirSync(root)).toEqual(['mine']);
  });

  it('is updated from where it came from, and tells what changed', async () => {
    const source = pack('mine');
    const before = await install(source);
    renameSync(join(source, 'closed-door'), join(source, 'open-door'));
    writeFileSync(join(source, 'broken-image', 'task.md'), 'Mend it.\n');
    const update = await store.update('mine', fine, signal);
    expect(update).toEqual({
      before,
      after: { ...before, digest: packDigest(source) },
      added: ['open-door'],
      removed: ['closed-door'],
      changed: ['broken-image'],
    });
    expect(packDigest(before.folder)).toBe(packDigest(source));
    rmSync(source, { recursive: true });
    expect(await refusal(store.update('mine', fine, signal))).toMatchObject({
      what: `${source} cannot be installed`,
      why: expect.stringMatching(/^ENOENT/),
    });
    expect(store.list()).toEqual([update.after]);
  });

  it('comes back if an update was cut off', async () => {
    const installed = await install(pack('mine'));
    renameSync(join(root, 'mine'), join(root, '.old-mine'));
    expect(store.list()).toEqual([]);
    await install(pack('other'));
    expect(store.list().map((one) => one.id)).toEqual(['mine', 'other']);
    expect(store.get('mine')).toEqual(installed);
  });

  it('is removed, even if nobody knows any more where it came from', async () => {
    await install(pack('mine'));
    writeFileSync(join(root, 'mine', 'installed.json'), '{');
    expect(() => store.get('mine')).toThrow(/installed\.json cannot be read/);
    rmSync(join(root, 'mine', 'mine'), { recursive: true });
    await store.remove('mine');
    expect(readdirSync(root)).toEqual([]);
    expect(await refusal(store.remove('../packs'))).toMatchObject({ what: 'no pack ../packs is installed' });
  });

  it('with links is refused', async () => {
    const source = pack('mine');
    symlinkSync('/etc/passwd', join(source, 'broken-image', 'notes.md'));
    expect(await refusal(install(source))).toMatchObject({ why: 'broken-image/notes.md is a link' });
    expect(installedPackFolders(root)).toEqual([]);
  });

  it.each([
    ['ssh://git@example.com/packs.git', { kind: 'git', url: 'ssh://git@example.com/packs.git' }],
    ['git@example.com:packs.git#v1.2', { kind: 'git', url: 'git@example.com:packs.git', ref: 'v1.2' }],
    ['https://example.com/packs#main', { kind: 'git', url: 'https://example.com/packs', ref: 'main' }],
  ])('may be %s', (text, source) => expect(parseSource(text)).toEqual(source));

  it.each([
    ['nowhere', 'there is no nowhere'],
    ['--upload-pack=x', 'there is no --upload-pack=x'],
    ['-c core.pager=x', 'there is no -c core.pager=x'],
    ['ext::sh -c touch% ran', 'there is no ext::sh'],
    ['fd::7', 'there is no fd::7'],
    ['git@-oProxyCommand=x:packs', 'there is no git@-oProxyCommand=x:packs'],
    ['git@-oProxyCommand:packs', 'is no URL that is fetched'],
    ['-oProxyCommand@example.com:packs', 'is no URL that is fetched'],
    ['ssh://-oProxyCommand=touch%20ran/packs', 'is no URL that is fetched'],
    ['ssh://git@-oProxyCommand=touch%20ran/packs', 'is no URL that is fetched'],
    ['https://example.com/packs#--upload-pack=x', 'is no URL that is fetched'],
    ['https://example.com/packs\nhost=other', 'is no URL that is fetched'],
    ['https://example.com/packs#main\u0007', 'is no URL that is fetched'],
    ['https://me:secret@example.com/packs', 'the URL has a password in it, which would be kept with the pack'],
  ])('can not be %s', (text, what) => expect(() => parseSource(text)).toThrow(what));

  it('of a repository needs git', async () => {
    vi.stubEnv('PATH', folder);
    try {
      expect(await refusal(install('file:///nowhere.git'))).toMatchObject({
        what: 'git is missing',
        next: 'install git',
      });
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it('is not asked of a program that a URL names', async () => {
    const program = join(folder, 'program');
    writeFileSync(program, `#!/bin/sh\ntouch '${folder}/ran'\n`, { mode: 0o755 });
    for (const url of [`ext://${program}`, 'ssh://example.invalid/packs', `file://${folder}/nowhere`]) {
      vi.stubEnv('GIT_SSH_COMMAND', 'false');
      expect(await refusal(install(url))).toMatchObject({ what: `${url} cannot be fetched` });
    }
    vi.unstubAllEnvs();
    expect(existsSync(join(folder, 'ran'))).toBe(false);
  });

  it('of a repository runs none of its hooks, and takes none of its links', async () => {
    const source = pack('mine');
    const git = (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@example.com', ...args], { cwd: source });
    git('init', '--quiet');
    for (const hook of ['post-checkout', 'pre-auto-gc', 'post-upload-pack'])
      writeFileSync(join(source, '.git', 'hooks', hook), `#!/bin/sh\ntouch '${folder}/ran'\n`, { mode: 0o755 });
    git('add', '.');
    git('commit', '--quiet', '--message=one');
    expect(await install(`file://${source}`)).toMatchObject({ id: 'mine' });
    await store.remove('mine');
    symlinkSync('/etc/passwd', join(source, 'broken-image', 'notes.md'));
    git('add', '.');
    git('commit', '--quiet', '--message=two');
    expect(await refusal(install(`file://${source}`))).toMatchObject({ why: 'broken-image/notes.md is a link' });
    expect(existsSync(join(folder, 'ran'))).toBe(false);
  });
});

describe('a tarball', () => {
  it('is a pack, or has one in a folder', async () => {
    const scenario = { name: 'mine/a/scenario.yaml', text: 'kind: Scenario\n' };
    expect(await install(tgz([{ name: 'mine/', type: '5' }, described, scenario]))).toMatchObject({ id: 'mine' });
    expect(readFileSync(join(root, 'mine', 'mine', 'a', 'scenario.yaml'), 'utf8')).toBe(scenario.text);
    await store.remove('mine');
    const flat = [described, scenario].map(({ name, text }) => ({ name: name.replace('mine', '.'), text: text ?? '' }));
    expect(await install(tgz(flat))).toMatchObject({ id: 'mine' });
  });

  it.each<[string, Entry[], string | RegExp]>([
    ['a name that climbs', [{ name: 'mine/../../out', text: 'x' }], '"mine/../../out" leads out of the folder'],
    ['an absolute name', [{ name: '/etc/out', text: 'x' }], '"/etc/out" leads out of the folder'],
    [
      'a long name that climbs',
      [{ name: 'long', type: 'L', text: '../out\0' }, { name: 'x' }],
      /"\.\.\/out" leads out/,
    ],
    ['a link', [{ name: 'mine/link', type: '2' }], 'mine/link is a link'],
    ['a hard link', [{ name: 'mine/link', type: '1' }], 'mine/link is a link'],
    ['a device', [{ name: 'mine/null', type: '3' }], 'mine/null is a character device'],
    ['a block device', [{ name: 'mine/sda', type: '4' }], 'mine/sda is a block device'],
    ['a pipe', [{ name: 'mine/pipe', type: '6' }], /^mine\/pipe is /],
    [
      'a link, then a file through it',
      [
        { name: 'mine/x', type: '2' },
        { name: 'mine/x/y', text: 'z' },
      ],
      'mine/x is a link',
    ],
    ['a name with backslashes', [{ name: 'mine\\..\\out', text: 'x' }], '"mine\\\\..\\\\out" leads out of the folder'],
    [
      'a long name that is absolute',
      [{ name: 'long', type: 'L', text: '/etc/out\0' }, { name: 'x' }],
      /"\/etc\/out" leads out/,
    ],
    [
      'a long name of the other kind',
      [{ name: 'pax', type: 'x', text: '15 path=../out\n' }, { name: 'x' }],
      /"\.\.\/out" leads out/,
    ],
    [
      'one name twice',
      [{ name: 'mine/pack.yaml', text: 'x' }],
      '"mine/pack.yaml" stands in it twice, or in capitals, too',
    ],
    [
      'a name in capitals, too',
      [{ name: 'mine/Pack.YAML', text: 'x' }],
      '"mine/Pack.YAML" stands in it twice, or in capitals, too',
    ],
    ['a file below a file', [{ name: 'mine/pack.yaml/more', text: 'x' }], /^mine\/pack\.yaml\/more cannot be written/],
    [
      'a name in two parts that climbs',
      [{ name: 'end', prefix: 'mine/../..' }],
      '"mine/../../end" leads out of the folder',
    ],
    ['a file that is cut off', [{ name: 'mine/x', size: 999_999 }], 'it is damaged, or no tar archive'],
    [
      'too many files',
      Array.from({ length: mostFiles + 1 }, (_, n) => ({ name: `mine/${n}` })),
      `it has more than ${mostFiles} files`,
    ],
  ])('with %s is refused', async (_, entries, why) => {
    const text = await refusal(install(tgz([described, ...entries])));
    expect(text).toMatchObject({ why: typeof why === 'string' ? why : expect.stringMatching(why) });
    expect(readdirSync(root)).toEqual([]);
  });

  it('that grows too large is refused before it is written', async () => {
    const file = join(folder, 'mine.tgz');
    const large = Buffer.concat([tar([{ name: 'large' }]).subarray(0, 512), Buffer.alloc(2 * mostBytes)]);
    writeFileSync(file, gzipSync(large, { level: 1 }));
    expect(await refusal(install(file))).toMatchObject({ why: 'it holds more than 64 MiB' });
  });

  it.each([
    ['text', Buffer.from('hello'), /^it is no \.tgz/],
    ['nothing', gzipSync(Buffer.alloc(1024)), /^it is empty/],
    ['another format', gzipSync(Buffer.alloc(2048, 'x')), /^it is damaged/],
    ['no pack', gzipSync(tar([{ name: 'a/b', text: 'c' }])), /^it has no pack\.yaml/],
    ['two packs', gzipSync(tar([{ name: 'a/pack.yaml' }, { name: 'b/pack.yaml' }])), /several packs: a, b$/],
  ])('of %s is refused', async (_, content, why) => {
    const file = join(folder, 'mine.tgz');
    writeFileSync(file, content);
    expect(await refusal(install(file))).toMatchObject({ why: expect.stringMatching(why) });
  });
});
