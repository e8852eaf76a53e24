/** What the program and its master process share: the configuration, the pid file, the first lines of the log. */
import { kernelRelease } from '../../../node-facts.ts';
import { isSysError } from '../../kernel/errno.ts';
import type { Process } from '../../kernel/process.ts';
import { errnoText } from './errno.ts';
import { logError } from './logs.ts';
import { ConfigError, parseConfig } from './parse.ts';
import { readSite, type Site } from './site.ts';

export interface Call {
  version: string;
  /** The file with the configuration. */
  file: string;
  /** Directives of `-g`. */
  globals: string;
}

/** Reads the configuration that a call names; `loaded` gets the files. Throws ConfigError. */
export function loadSite(p: Process, { file, globals }: Call, loaded: { path: string; text: string }[] = []): Site {
  const files = {
    read: (path: string) => p.vfs.readText(p, path),
    list: (folder: string) => p.vfs.readdir(p, folder),
  };
  return readSite(parseConfig(files, file, globals, loaded));
}

/** To the error log, and to whoever started it. */
export async function emergency(p: Process, text: string): Promise<void> {
  await logError(p, undefined, 'emerg', text);
  await p.print(2, `nginx: [emerg] ${text}\n`);
}

export const pidFile = (site: Site): string => site.main.value('pid') ?? '/run/nginx.pid';

/** Opens the pid file for writing, as a test of the configuration does too. Throws ConfigError. */
export function makePid(p: Process, site: Site, content?: string): void {
  const file = pidFile(site);
  try {
    if (content === undefined) {
      const fd = p.addFd(p.vfs.open(p, file, { write: true, create: true, append: true }));
      p.setFd(fd, undefined);
    } else p.vfs.writeFile(p, file, content);
  } catch (error) {
    if (!isSysError(error)) throw error;
    throw new ConfigError(`open() "${file}" failed ${errnoText(error)}`);
  }
}

/** The lines with which the master says what it is. */
export async function greet(p: Process, site: Site, version: string): Promise<void> {
  for (const text of [
    'using the "epoll" event method',
    `nginx/${version}`,
    `OS: Linux ${kernelRelease}`,
    'getrlimit(RLIMIT_NOFILE): 1048576:1048576',
  ]) {
    await logError(p, site.main, 'notice', text);
  }
}
