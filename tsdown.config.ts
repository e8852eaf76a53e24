import { defineConfig, type UserConfig } from 'tsdown';

const shared: UserConfig = {
  outDir: 'dist',
  platform: 'node',
  target: 'node22',
  // Everything goes in, so that starting reads a few files instead of hundreds.
  deps: { alwaysBundle: [/.*/], onlyBundle: false },
  // React's development build is three times as slow.
  define: { 'process.env.NODE_ENV': '"production"' },
  minify: false,
  // What is not used of a client for every resource is a fifth of a process's memory at rest.
  treeshake: { moduleSideEffects: [{ test: /@kubernetes\/client-node/, sideEffects: false }] },
  dts: false,
  clean: true,
};

/** One character beyond Latin-1 in a file, and V8 keeps two bytes for each: strings and expressions may spell them out. */
const inAscii = {
  name: 'in-ascii',
  generateBundle(_options: unknown, bundle: Record<string, { code?: string }>) {
    for (const chunk of Object.values(bundle)) {
      if (chunk.code === undefined) continue;
      chunk.code = chunk.code.replace(/[^\0-\x7f]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
    }
  },
};

export default defineConfig([
  { ...shared, entry: { main: 'src/main.ts' }, format: 'esm', fixedExtension: false },
  {
    ...shared,
    entry: { worker: 'src/embedded/container/worker.ts' },
    // A module that imports Node's own makes objects of all that they export: 3 MiB a thread.
    format: 'cjs',
    plugins: [inAscii],
    // Every cluster has a thread that reads this: what is not said need not be kept.
    outputOptions: { minify: { codegen: { removeWhitespace: true }, mangle: false, compress: false } },
  },
]);
