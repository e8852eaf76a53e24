// `npm run test:image`: builds the container image (deploy/container) and plays in it, without a network. Needs Docker.
// With a node image beside the project (../shared/kind) the base is made of that one, of npm's Node and of the kubectl on
// PATH, so that nothing is fetched; else the recipe's own bases are.
import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { ensureDocker, loadImage, nodeArchive, nodeImage, stop } from './docker.mjs';
import { ensureBuilt, ensureInstalled, projectNode } from './ensure.mjs';
import { buildImage } from './image.mjs';
import { Tally } from './tally.mjs';

const image = 'kubedrill:test';
const substitute = 'kubedrill-base:test';
/** On all that is built on the substitute, stages without a name included. */
const label = 'kubedrill.test=image';

/** What stands in for both bases of the recipe: a Debian with Node and npm, and with /bin/kubectl. */
const recipe = `FROM ${nodeImage}
LABEL ${label}
COPY node /usr/local/bin/node
COPY npm /usr/local/lib/node_modules/npm
COPY kubectl /bin/kubectl
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm \\
 && for tool in vim less jq; do command -v $tool || ln -s /bin/cat /usr/local/bin/$tool; done
ENTRYPOINT []
`;

ensureInstalled();
ensureBuilt();

const tally = new Tally({ KUBEDRILL_IMAGE: image });
let daemon;
await tally.of(async () => {
  try {
    daemon = await ensureDocker();
    const isAlone = existsSync(nodeArchive);
    if (isAlone) buildSubstitute();
    const bases = isAlone ? ['--build-arg', `BASE=${substitute}`, '--build-arg', `KUBECTL=${substitute}`] : [];
    buildImage(['-t', image, ...bases]);
    await tally.suite('image', ['image']);
  } finally {
    spawnSync('docker', ['image', 'rm', '-f', image, substitute], { stdio: 'ignore' });
    spawnSync('docker', ['image', 'prune', '-f', '--filter', `label=${label}`], { stdio: 'ignore' });
    if (daemon) await stop(daemon);
  }
});

function buildSubstitute() {
  loadImage();
  const context = mkdtempSync(join(tmpdir(), 'kubedrill-base-'));
  try {
    copyFileSync(realpathSync(projectNode()), join(context, 'node'));
    cpSync(dirname(dirname(realpathSync(onPath('npm')))), join(context, 'npm'), { recursive: true });
    copyFileSync(realpathSync(onPath('kubectl')), join(context, 'kubectl'));
    writeFileSync(join(context, 'Dockerfile'), recipe);
    const { status } = spawnSync('docker', ['build', '-t', substitute, context], { stdio: ['ignore', 2, 2] });
    if (status !== 0) throw new Error('the base image could not be built');
  } finally {
    rmSync(context, { recursive: true, force: true });
  }
}

function onPath(name) {
  const found = process.env.PATH.split(delimiter).find((folder) => existsSync(join(folder, name)));
  if (!found) throw new Error(`${name} is not on PATH`);
  return join(found, name);
}
