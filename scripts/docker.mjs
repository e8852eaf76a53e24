// Docker for the suites that need it, and the node image that lies beside the project, if one does.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { env, root } from './ensure.mjs';

const shared = join(root, '..', 'shared', 'kind');
/** Programs that have to come first on PATH where `nodeArchive` is. */
export const sharedBin = join(shared, 'bin');
export const nodeArchive = join(shared, 'node-image.tar.xz');
export const nodeImage = 'kubedrill-node:v1.35.4';

/** Starts the Docker daemon if it is installed, is not running, and we may; returns it, to be stopped. */
export async function ensureDocker() {
  if (docker('info').status === 0) return undefined;
  const installed = spawnSync('dockerd', ['--version'], { env }).status === 0;
  if (!installed || process.getuid?.() !== 0) throw new Error('Docker is not running');
  const child = spawn('dockerd', [], { stdio: 'ignore', env });
  for (let tries = 0; tries < 60; tries++) {
    if (docker('info').status === 0) return child;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  child.kill();
  throw new Error('dockerd does not start');
}

/** Ends a daemon that `ensureDocker` has started. */
export function stop(child) {
  return new Promise((resolve) => {
    child.once('exit', resolve);
    child.kill('SIGTERM');
  });
}

/** Loads the node image, unless there is none or it is loaded. */
export function loadImage() {
  if (!existsSync(nodeArchive) || docker('image', 'inspect', nodeImage).status === 0) return;
  const result = spawnSync('sh', ['-c', 'xz -dc "$1" | docker load', 'sh', nodeArchive], { env, stdio: 'inherit' });
  if (result.status !== 0) throw new Error('the node image could not be loaded');
}

function docker(...args) {
  return spawnSync('docker', args, { env, stdio: 'ignore' });
}
