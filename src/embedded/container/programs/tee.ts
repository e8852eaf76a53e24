import { isSysError } from '../kernel/errno.ts';
import { signals } from '../kernel/signals.ts';
import { parseOptions } from '../lib/options.ts';
import { program } from '../lib/program.ts';

export const tee = program('tee', async (p) => {
  const options = parseOptions(p, 'aip', { append: 'a', 'ignore-interrupts': 'i' });
  if (options.has('i')) p.dispositions.set(signals.SIGINT, 'ignore');
  let status = 0;
  const fds = [1];
  for (const file of options.operands) {
    try {
      fds.push(
        p.addFd(
          p.vfs.open(p, file, { write: true, create: true, append: options.has('a'), truncate: !options.has('a') }),
        ),
      );
    } catch (error) {
      if (!isSysError(error)) throw error;
      await p.print(2, `tee: ${file}: ${error.message}\n`);
      status = 1;
    }
  }
  for (;;) {
    const data = await p.read(0);
    if (data.length === 0) return status;
    for (const fd of fds) await p.write(fd, data);
  }
});
