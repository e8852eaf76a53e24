/** How sources become what Node runs: one configuration for `dist/` and for the tests that are run in built form. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type BuildOptions, build } from 'rolldown';

const root = join(import.meta.dirname, '..');

/** The oldest Node that runs what is bundled (`engines` in package.json). */
const target = 'node22.13';

/** For debugging ink: loaded only where somebody has installed it. */
const optional = ['react-devtools-core'];

/**
 * Bundles `entry` (by name in the folder: source files, relative to the project) into `outDir`, which is made anew. What
 * matches `external`, beside Node's own modules, stays outside.
 */
export async function bundle(
  entry: Record<string, string>,
  outDir: string,
  more: { external?: (string | RegExp)[]; plugins?: BuildOptions['plugins'] } = {},
): Promise<void> {
  const dir = join(root, outDir);
  rmSync(dir, { recursive: true, force: true });
  await build({
    ...more,
    cwd: root,
    input: entry,
    platform: 'node',
    // Names in the bundle are of the project's folder, wherever its packages really are: the same sources, the same bundle.
    resolve: { symlinks: false },
    external: [...optional, ...(more.external ?? [])],
    tsconfig: join(root, 'tsconfig.json'),
    transform: {
      target,
      // React's development build is three times as slow.
      define: { 'process.env.NODE_ENV': '"production"' },
    },
    // What is not used of a client for every resource is a fifth of a process's memory at rest.
    treeshake: { moduleSideEffects: [{ test: /@kubernetes\/client-node/, sideEffects: false }] },
    onLog(level, log, report) {
      // A module that is not found would be left for the user's machine to find.
      report(log.code === 'UNRESOLVED_IMPORT' ? 'error' : level, log);
    },
    output: {
      dir,
      format: 'esm',
      entryFileNames: '[name].js',
      chunkFileNames: '[name]-[hash].js',
      // A stack in a bug report has to be readable: minified code would be a third smaller.
      minify: false,
    },
  });
}
