import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Credentials } from '../../../src/embedded/pki/pki.ts';
import { People } from '../client.ts';

interface Told {
  url: string;
  ca: string;
  admin: Credentials;
}

/** A process that hosts the cluster of a folder, and a client of it. */
export class Host {
  readonly people: People;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, { url, ca, admin }: Told) {
    this.#child = child;
    this.people = new People(url, ca, { admin });
  }

  /** Resolves when the cluster is ready; rejects if the process ends before. */
  static async start(folder: string): Promise<Host> {
    const child = fork(join(import.meta.dirname, 'child.ts'), [folder], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const reported = once(child, 'message') as Promise<[Told]>;
    const ended = once(child, 'exit').then(([code]) => {
      throw new Error(`the cluster of ${folder} does not start: exit code ${code}`);
    });
    const [where] = await Promise.race([reported, ended]);
    ended.catch(() => undefined);
    return new Host(child, where);
  }

  /** SIGKILL: nothing of the process has a chance to do anything more. */
  async kill(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
    this.people.close();
  }
}
