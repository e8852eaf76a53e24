import { statSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { UserError } from '../../kernel/errors.ts';
import { downloadTarball } from './download.ts';
import { isPack } from './folders.ts';
import { cloneRepository } from './git.ts';
import { refused } from './limits.ts';
import { unpackTarball } from './tarball.ts';
import { copyPack } from './tree.ts';

/** Where a pack comes from: paths are absolute, so that an update finds them from anywhere. */
export type Source =
  | { kind: 'folder'; path: string }
  | { kind: 'tarball'; path: string }
  | { kind: 'download'; url: string }
  | { kind: 'git'; url: string; ref?: string };

/** A repository of GitHub, as in `owner/name`. */
const shortPattern = /^[a-z0-9][a-z0-9-]*\/[a-z0-9][\w.-]*$/i;
/** What is a tarball by its address: all other URLs are git's. */
const tarballPattern = /^https?:\/\/[^?#]+\.(tgz|tar\.gz)([?#].*)?$/i;

/**
 * Reads what a person typed: a folder, a .tgz here or at an https URL, a git URL with a branch or tag after `#`, or such a
 * repository of GitHub as `owner/name`. What is here goes before what is elsewhere.
 */
export function parseSource(text: string): Source {
  const path = resolve(text);
  const there = statSync(path, { throwIfNoEntry: false });
  if (there?.isDirectory()) return { kind: 'folder', path };
  if (there?.isFile()) return { kind: 'tarball', path };
  if (tarballPattern.test(text)) return parseDownload(text);
  const [, typed = '', ref] = /^([^#]*)(?:#(.+))?$/.exec(text) ?? [];
  const url = shortPattern.test(typed) ? `https://github.com/${typed}.git` : typed;
  if (!/^([a-z+]+:\/\/|[\w.-]+@[\w.-]+:)./.test(url)) {
    throw new UserError({
      what: `there is no ${text}`,
      why: 'it is neither a folder or file here, nor owner/repo on GitHub, nor a URL such as https://… or git@host:…',
      next: 'kubedrill pack install <folder | file.tgz | https://….tgz | owner/repo | git URL>[#branch or tag]',
    });
  }
  // What git or ssh would take for an option, or for more than one line.
  if (/[\s\p{Cc}]/u.test(text) || /(?:^|\/\/|@)-/.test(url) || ref?.startsWith('-')) {
    throw new UserError({
      what: `${JSON.stringify(text)} is no URL that is fetched`,
      why: 'a name in it begins with -, or there is a blank in it',
      next: 'ask whoever gave it to you',
    });
  }
  refusePassword(url, "leave it out, and let git's credential helper or ssh answer for you");
  return { kind: 'git', url, ...(ref === undefined ? {} : { ref }) };
}

function parseDownload(url: string): Source {
  // Only the digest that a person has seen stands for what came: nobody on the way may change it.
  if (!url.startsWith('https://') && !isLocal(url)) {
    throw new UserError({
      what: `${url} is not fetched`,
      why: 'what comes by http can be changed on the way',
      next: 'use https, or fetch the file yourself and install it from here',
    });
  }
  refusePassword(url, 'fetch the file yourself and install it from here');
  return { kind: 'download', url };
}

function isLocal(url: string): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(new URL(url).hostname);
}

function refusePassword(url: string, next: string): void {
  if (!/:\/\/[^/@]*:[^/@]*@/.test(url)) return;
  throw new UserError({ what: 'the URL has a password in it, which would be kept with the pack', next });
}

/** A source as it was typed, more or less. */
export function sourceText(source: Source): string {
  if (source.kind === 'download') return source.url;
  if (source.kind !== 'git') return source.path;
  return source.ref === undefined ? source.url : `${source.url}#${source.ref}`;
}

/**
 * Brings the files of the pack of a source into `to`, which must not be there yet; `beside` is a folder for what is
 * needed meanwhile. Returns the name that the source gives to the pack.
 */
export async function fetchPack(source: Source, to: string, beside: string, signal: AbortSignal): Promise<string> {
  const text = sourceText(source);
  try {
    const found = await packOf(source, join(beside, 'whole'), signal);
    await copyPack(found.folder, to, text);
    return found.name;
  } catch (error) {
    // What the file system says of the source: not there any more, not readable.
    if (typeof (error as NodeJS.ErrnoException).errno !== 'number') throw error;
    throw refused(text, (error as Error).message, { cause: error });
  }
}

async function packOf(source: Source, whole: string, signal: AbortSignal): Promise<{ folder: string; name: string }> {
  const text = sourceText(source);
  if (source.kind === 'folder') {
    // An error of its own if it has gone since.
    await readdir(source.path);
    if (!isPack(source.path)) throw refused(text, 'it has no pack.yaml');
    return { folder: source.path, name: basename(source.path) };
  }
  if (source.kind === 'git') await cloneRepository(source, whole, signal);
  else {
    await mkdir(whole);
    await unpackTarball(await fileOf(source, `${whole}.tgz`, signal), whole, text);
  }
  const folder = await theOnlyPackIn(whole, text);
  const name = folder === whole ? placeOf(source) : folder;
  return { folder, name: basename(name).replace(/\.(git|tgz|tar\.gz)$/, '') };
}

/** The file of a tarball, fetched if it is not here. */
async function fileOf(
  source: Extract<Source, { kind: 'tarball' | 'download' }>,
  to: string,
  signal: AbortSignal,
): Promise<string> {
  if (source.kind === 'tarball') return source.path;
  await downloadTarball(source.url, to, signal);
  return to;
}

/** What ends with the name of a file or repository. */
function placeOf(source: Exclude<Source, { kind: 'folder' }>): string {
  if (source.kind === 'tarball') return source.path;
  return source.kind === 'git' ? source.url : new URL(source.url).pathname;
}

/** An archive or repository is a pack, or has one in a folder of its own. */
async function theOnlyPackIn(folder: string, text: string): Promise<string> {
  if (isPack(folder)) return folder;
  const names = (await readdir(folder)).filter((name) => isPack(join(folder, name))).sort();
  const [only] = names;
  if (only !== undefined && names.length === 1) return join(folder, only);
  throw refused(text, only === undefined ? 'it has no pack.yaml' : `it has several packs: ${names.join(', ')}`);
}
