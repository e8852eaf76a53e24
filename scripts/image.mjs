// `node scripts/image.mjs [-t NAME] [docker build options]`: packs kubedrill and builds deploy/container's image with it.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './ensure.mjs';

/** Builds the image; throws if npm or Docker fail. `options` are docker build's. */
export function buildImage(options) {
  const context = mkdtempSync(join(tmpdir(), 'kubedrill-image-'));
  try {
    run('npm', ['pack', '--silent', '--pack-destination', context], root);
    const [tarball = ''] = readdirSync(context);
    renameSync(join(context, tarball), join(context, 'kubedrill.tgz'));
    cpSync(join(root, 'deploy', 'container', 'Dockerfile'), join(context, 'Dockerfile'));
    run('docker', ['build', ...options, context], root);
  } finally {
    rmSync(context, { recursive: true, force: true });
  }
}

function run(file, args, cwd) {
  const { status, error } = spawnSync(file, args, { cwd, stdio: ['ignore', 2, 2] });
  if (status !== 0) throw error ?? new Error(`${file} ${args[0]} ended with ${status}`);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) buildImage(process.argv.slice(2));
