/** How sources become what Node runs: one configuration for `dist/` and for the tests that are run in built form. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type BuildOptions, build, type Plugin } from 'rolldown';

const root = join(import.meta.dirname, '..');

/** The oldest Node that runs what is bundled (`engines` in package.json). */
const target = 'node22.13';

/** For debugging ink: loaded only where somebody has installed it. */
const optional = ['react-devtools-core'];

/** The code of a cluster's container thread: a bundle of its own. */
const worker = { worker: 'src/embedded/container/worker.ts' };

/** One character beyond Latin-1 in a file, and V8 keeps two bytes for each: strings and expressions may spell them out. */
const inAscii: Plugin = {
  name: 'in-ascii',
  generateBundle(_options, files) {
    for (const file of Object.values(files)) {
      if (file.type !== 'chunk') continue;
      file.code = file.code.replace(/[^\0-\x7f]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
    }
  },
};

export interface BundleOptions {
  /** What stays outside, beside Node's own modules. */
  external?: (string | RegExp)[];
  /** Called for each of the two bundles. */
  plugins?(): Plugin[];
}

/**
 * Bundles `entry` (by name in the folder: source files, relative to the project) into `outDir`, which is created anew, and the
 * code of container threads beside it as `worker.cjs`.
 */
export async function bundle(entry: Record<string, string>, outDir: string, more: BundleOptions = {}): Promise<void> {
  const dir = join(root, outDir);
  rmSync(dir, { recursive: true, force: true });
  const { external = [], plugins = () => [] } = more;
  await build({
    ...shared(external),
    input: entry,
    plugins: plugins(),
    output: {
      dir,
      format: 'esm',
      entryFileNames: '[name].js',
      chunkFileNames: '[name]-[hash].js',
      // A stack in a bug report has to be readable: minified code would be a third smaller.
      minify: false,
    },
  });
  await build({
    ...shared(external),
    input: worker,
    plugins: [...plugins(), inAscii],
    output: {
      dir,
      // A module that imports Node's own makes objects of all that they export: 3 MiB a thread.
      format: 'cjs',
      entryFileNames: '[name].cjs',
      chunkFileNames: '[name]-[hash].cjs',
      // Every cluster has a thread that reads this: what is not said need not be kept.
      minify: { codegen: { removeWhitespace: true }, mangle: false, compress: false },
    },
  });
}

function shared(external: (string | RegExp)[]): BuildOptions {
  return {
    cwd: root,
    platform: 'node',
    // Names in the bundle are of the project's folder, wherever its packages really are: the same sources, the same bundle.
    resolve: { symlinks: false },
    external: [...optional, ...external],
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
  };
}
