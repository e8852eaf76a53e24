import { gunzipSync, gzipSync } from 'node:zlib';
import { eachInput } from '../lib/io.ts';
import { parseOptions } from '../lib/options.ts';
import { program, UsageError } from '../lib/program.ts';

const MAX_UNPACKED = 64 * 1024 * 1024;

/** What was compressed. Throws UsageError for what is not gzip's, or is too large. */
export function unzip(data: Uint8Array): Buffer {
  try {
    return gunzipSync(data, { maxOutputLength: MAX_UNPACKED });
  } catch {
    throw new UsageError('invalid magic');
  }
}

export const gzip = program('gzip', async (p) => {
  const options = parseOptions(p, 'cdkfqv123456789', { stdout: 'c', decompress: 'd', keep: 'k', force: 'f' });
  const unpack = options.has('d');
  if (options.operands.length === 0) {
    const data = await p.readAll(0);
    await p.write(1, unpack ? unzip(data) : gzipSync(data));
    return 0;
  }
  for (const file of options.operands) {
    const data = await p.vfs.readFileSlowly(p, file);
    const result = unpack ? unzip(data) : gzipSync(data);
    if (options.has('c')) await p.write(1, result);
    else {
      p.vfs.writeFile(p, unpack ? file.replace(/\.gz$/, '') : `${file}.gz`, result);
      if (!options.has('k')) p.vfs.unlink(p, file);
    }
  }
  return 0;
});

export const gunzip = program('gunzip', (p) => {
  p.argv = ['gunzip', '-d', ...p.args];
  return gzip.run(p);
});

export const zcat = program('zcat', (p) =>
  eachInput(p, p.args, async (fd) => {
    await p.write(1, unzip(await p.readAll(fd)));
  }),
);
