import { homedir } from 'node:os';
import { join } from 'node:path';

/** The folders kubedrill writes to, by the XDG base directory specification; nothing is written elsewhere. */
export interface Paths {
  /** Attempts, clusters, installed packs, the daemon's socket and log. */
  state: string;
  /** What can be recreated: kubectl. */
  cache: string;
  config: string;
}

/** Resolves the folders from the environment (`XDG_STATE_HOME`, `XDG_CACHE_HOME`, `XDG_CONFIG_HOME`). */
export function resolvePaths(env: NodeJS.ProcessEnv = process.env): Paths {
  const home = env.HOME || homedir();
  const base = (variable: string, ...fallback: string[]) => {
    const value = env[variable];
    // The specification: relative paths are to be ignored.
    return join(value?.startsWith('/') ? value : join(home, ...fallback), 'kubedrill');
  };
  return {
    state: base('XDG_STATE_HOME', '.local', 'state'),
    cache: base('XDG_CACHE_HOME', '.cache'),
    config: base('XDG_CONFIG_HOME', '.config'),
  };
}
