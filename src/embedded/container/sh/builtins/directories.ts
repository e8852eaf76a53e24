import { complain } from '../complain.ts';
import type { Builtin } from '../shell.ts';

/** bash's directory stack. */
export const directoryBuiltins: Record<string, Builtin> = {
  pushd: async (shell, [target]) => {
    if (target === undefined) return complain(shell, 'pushd', 'no other directory');
    const from = shell.p.cwd;
    const status = (await shell.builtins.get('cd')?.(shell, [target])) ?? 1;
    if (status === 0) {
      shell.directories.unshift(from);
      await shell.p.print(1, `${[shell.p.cwd, ...shell.directories].join(' ')}\n`);
    }
    return status;
  },
  popd: async (shell) => {
    const target = shell.directories.shift();
    if (target === undefined) return complain(shell, 'popd', 'directory stack empty');
    const status = (await shell.builtins.get('cd')?.(shell, [target])) ?? 1;
    await shell.p.print(1, `${[shell.p.cwd, ...shell.directories].join(' ')}\n`);
    return status;
  },
  dirs: async (shell) => {
    await shell.p.print(1, `${[shell.p.cwd, ...shell.directories].join(' ')}\n`);
    return 0;
  },
};
