import type { Process } from '../kernel/process.ts';

/** The value of `--name=value`, `true` for a bare `--name`; undefined where it is not given. */
export function flagOf(p: Process, name: string): string | undefined {
  const found = p.args.find((arg) => arg === `--${name}` || arg.startsWith(`--${name}=`));
  if (found === undefined) return undefined;
  return found.includes('=') ? found.slice(found.indexOf('=') + 1) : 'true';
}
