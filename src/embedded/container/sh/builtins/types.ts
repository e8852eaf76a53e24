import type { Shell } from '../shell.ts';

/** A command that runs in the shell itself. Resolves with its status. */
export type Builtin = (shell: Shell, args: string[]) => number | Promise<number>;
