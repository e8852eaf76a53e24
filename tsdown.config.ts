import { defineConfig } from 'tsdown';

export default defineConfig({
  entry: { main: 'src/main.ts', worker: 'src/embedded/container/worker.ts' },
  outDir: 'dist',
  format: 'esm',
  platform: 'node',
  target: 'node22',
  // Everything goes in, so that starting reads a few files instead of hundreds.
  noExternal: [/.*/],
  inlineOnly: false,
  minify: false,
  dts: false,
  fixedExtension: false,
  clean: true,
});
