import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Which kubedrill this is. */
export interface Build {
  version: string;
  /** Digest of the bundle, so that two builds of one version can be told apart; `sources` where nothing is bundled. */
  digest: string;
  /** The commit that it was built from, `-dirty` after it if there was more; absent if the sources were no checkout. */
  commit?: string;
}

/** Reads what the build (`scripts/build.ts`) wrote into `dist/` below the program's folder. */
export function readBuild(root: string): Build {
  const file = join(root, 'dist', 'build.json');
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as Build;
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  return { version, digest: 'sources' };
}

/** `0.1.0 (build 5a0c44d2f1ee, commit 1f2e3d4)` */
export function buildText({ version, digest, commit }: Build): string {
  return `${version} (build ${digest}${commit ? `, commit ${commit}` : ''})`;
}
