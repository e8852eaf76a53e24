import type { Process, Program } from '../kernel/process.ts';

/** Names of what a module exports that is a program. */
type ProgramsOf<M> = { [K in keyof M]: M[K] extends Program ? K : never }[keyof M];

/**
 * Programs whose code is loaded with their first process. Every cluster has a thread with code of its own, and most of
 * them never run a database or vi. `names`: what each program is called, and the module's export that it is; `go`: as
 * in `Program`, which has to be known before the code is.
 */
export function latePrograms<M>(
  load: () => Promise<M>,
  names: Readonly<Record<string, ProgramsOf<M>>>,
  options: Pick<Program, 'go'> = {},
): Program[] {
  return Object.entries(names).map(([name, key]) => ({
    name,
    ...options,
    run: async (p: Process) => {
      const loaded = await p.until(load());
      return (loaded[key] as Program).run(p);
    },
  }));
}
