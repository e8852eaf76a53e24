import { defineConfig } from 'tsdown';

export default defineConfig({
  entry: { main: 'src/main.ts', worker: 'src/embedded/container/worker.ts', watchdog: 'src/daemon/watchdog-thread.ts' },
  outDir: 'dist',
  format: 'esm',
  platform: 'node',
  target: 'node22',
  // Everything goes in, so that starting reads a few files instead of hundreds.
  noExternal: [/.*/],
  inlineOnly: false,
  // React's development build is three times as slow.
  define: { 'process.env.NODE_ENV': '"production"' },
  minify: false,
  // What is not used of a client for every resource is a fifth of a process's memory at rest.
  treeshake: { moduleSideEffects: [{ test: /@kubernetes\/client-node/, sideEffects: false }] },
  dts: false,
  fixedExtension: false,
  clean: true,
});
