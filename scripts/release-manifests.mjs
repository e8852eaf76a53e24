// `node scripts/release-manifests.mjs --tarball FILE --repository URL --out FOLDER`: the krew manifest and the Homebrew formula
// of a release, from deploy/, for the tarball that `npm pack` has created.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from './ensure.mjs';

const string = { type: 'string' };
const { values } = parseArgs({ options: { tarball: string, repository: string, out: string } });
const { tarball, repository, out } = values;
if (!tarball || !repository || !out) throw new Error('--tarball, --repository and --out are needed');

const facts = {
  VERSION: JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version,
  REPOSITORY: repository,
  FILE: basename(tarball),
  SHA256: createHash('sha256').update(readFileSync(tarball)).digest('hex'),
};
for (const file of ['krew/drill.yaml', 'homebrew/kubedrill.rb']) {
  const template = readFileSync(join(root, 'deploy', file), 'utf8');
  writeFileSync(
    join(out, basename(file)),
    template.replaceAll(/@([A-Z0-9]+)@/g, (_, name) => facts[name]),
  );
}
