// Which tests `npm run quick` chooses from: a whole cluster imports nearly all of src/embedded, so that each change would
// reach all tests that start one, which take minutes.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { root } from './ensure.mjs';

/** The test files that start no cluster, and those that differ from `since`; paths as of the repository. */
export function quickTests(since) {
  const git = (...args) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).split('\n');
  const changed = new Set([
    ...git('diff', '--name-only', since),
    ...git('ls-files', '--others', '--exclude-standard', 'test'),
  ]);
  const files = readdirSync(join(root, 'test'), { recursive: true })
    .filter((file) => /\.tsx?$/.test(file))
    .map((file) => `test/${file.replaceAll('\\', '/')}`);
  const texts = new Map(files.map((file) => [file, readFileSync(join(root, file), 'utf8')]));
  const seen = new Map();
  const startsCluster = (file) => {
    if (seen.has(file)) return seen.get(file);
    seen.set(file, false);
    const text = texts.get(file) ?? '';
    const imports = [...text.matchAll(/from '(\.[^']+)'/g)].map(([, path]) => normalize(join(dirname(file), path)));
    const starts = /\bcreateEmbedded(Cluster|Provider)\(/.test(text) || imports.some((path) => startsCluster(path));
    seen.set(file, starts);
    return starts;
  };
  return files.filter((file) => /\.test\.tsx?$/.test(file) && (changed.has(file) || !startsCluster(file)));
}
