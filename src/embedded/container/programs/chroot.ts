import { isSysError } from '../kernel/errno.ts';
import { parseOptions } from '../lib/options.ts';
import { isBusybox, program, UsageError } from '../lib/program.ts';
import { runCommand } from '../lib/run-command.ts';

/** Runs a command with another root: what a debugging Pod does to get at its node. */
export const chroot = program('chroot', async (p) => {
  const options = parseOptions(p, '', {}, { stop: true, code: 125 });
  const [folder, ...command] = options.operands;
  if (folder === undefined) throw new UsageError('missing operand', 125);
  const cannot = isBusybox(p)
    ? `can't change root directory to '${folder}'`
    : `cannot change root directory to '${folder}'`;
  if (p.uid !== 0) throw new UsageError(`${cannot}: Operation not permitted`, isBusybox(p) ? 1 : 125);
  try {
    const place = p.vfs.resolve(p, folder);
    if (place.node.kind !== 'dir') throw new UsageError(`${cannot}: Not a directory`, 125);
    const vfs = p.vfs.below(place);
    // Which tools are there shows in what they are made of.
    const flavor = vfs.find(p, '/bin/busybox') ? 'busybox' : 'gnu';
    p.root = { vfs, flavor };
  } catch (error) {
    if (!isSysError(error)) throw error;
    throw new UsageError(`${cannot}: ${error.message}`, isBusybox(p) ? 1 : 125);
  }
  p.cwd = '/';
  const shell = p.env.get('SHELL') ?? '/bin/sh';
  return runCommand(p, command.length > 0 ? command : [shell, '-i']);
});
