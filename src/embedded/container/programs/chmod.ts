import type { Process } from '../kernel/process.ts';
import { eachFile, isFolder, join } from '../lib/files.ts';
import { parseMode } from '../lib/mode.ts';
import { parseOptions } from '../lib/options.ts';
import { isBusybox, program, UsageError } from '../lib/program.ts';
import { groupId, userId } from '../lib/users.ts';

async function tree(p: Process, path: string, recursive: boolean, change: (path: string) => void): Promise<void> {
  const turn = p.step(2);
  if (turn) await turn;
  change(path);
  if (!recursive || !isFolder(p, path) || p.vfs.stat(p, path, false).kind === 'link') return;
  for (const name of p.vfs.readdir(p, path)) await tree(p, join(path, name), true, change);
}

export const chmod = program('chmod', async (p) => {
  // `-x` is a mode, not an option.
  const args = p.args.map((a) => (/^-[rwxXst]+$/.test(a) && !/^-R$/.test(a) ? `a${a}` : a));
  const options = parseOptions(
    p,
    'Rvcf',
    { recursive: 'R', verbose: 'v', changes: 'c', silent: 'f', quiet: 'f' },
    { args },
  );
  const [mode, ...files] = options.operands;
  if (mode === undefined || files.length === 0)
    throw new UsageError(mode === undefined ? 'missing operand' : `missing operand after '${mode}'`);
  return eachFile(
    p,
    files,
    (file) =>
      tree(p, file, options.has('R'), (path) => {
        const stat = p.vfs.stat(p, path);
        p.vfs.chmod(p, path, parseMode(mode, stat.mode, stat.kind === 'dir'));
      }),
    (file, error) => {
      if (isBusybox(p)) return `${file}: ${error.message}`;
      return p.vfs.find(p, file)
        ? `changing permissions of '${file}': ${error.message}`
        : `cannot access '${file}': ${error.message}`;
    },
  );
});

export const chown = program('chown', async (p) => {
  const options = parseOptions(p, 'Rvcfh', { recursive: 'R', verbose: 'v', 'no-dereference': 'h' });
  const [owner, ...files] = options.operands;
  if (owner === undefined || files.length === 0) throw new UsageError('missing operand');
  const [user = '', group = ''] = owner.split(/[:.]/);
  const uid = user === '' ? undefined : userId(p, user);
  const gid = group === '' ? undefined : groupId(p, group);
  if (user !== '' && uid === undefined)
    throw new UsageError(isBusybox(p) ? `unknown user ${user}` : `invalid user: '${owner}'`);
  if (group !== '' && gid === undefined)
    throw new UsageError(isBusybox(p) ? `unknown group ${group}` : `invalid group: '${owner}'`);
  return eachFile(
    p,
    files,
    (file) => tree(p, file, options.has('R'), (path) => p.vfs.chown(p, path, uid, gid, !options.has('h'))),
    (file, error) => {
      if (isBusybox(p)) return `${file}: ${error.message}`;
      return p.vfs.find(p, file)
        ? `changing ownership of '${file}': ${error.message}`
        : `cannot access '${file}': ${error.message}`;
    },
  );
});
