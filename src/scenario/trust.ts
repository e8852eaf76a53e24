import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { UserError } from '../kernel/errors.ts';
import { replaceFileSync } from '../kernel/files.ts';
import type { Pack, Scenario } from './types.ts';

/**
 * SHA-256 over the names and contents of all files of a pack, in order. A UserError if there is a link in it: what that leads
 * to may become something else, and the digest would stay.
 */
export function packDigest(folder: string): string {
  const hash = createHash('sha256');
  const visit = (path: string) => {
    for (const entry of readdirSync(path, { withFileTypes: true }).sort((a, b) => a.name.localeCompare(b.name))) {
      const file = join(path, entry.name);
      if (entry.isDirectory()) visit(file);
      else if (entry.isFile())
        hash
          .update(`${relative(folder, file)}\0`)
          .update(readFileSync(file))
          .update('\0');
      else {
        throw new UserError({
          what: `${file} is ${entry.isSymbolicLink() ? 'a link' : 'neither file nor folder'}`,
          why: 'what a pack was trusted for must be what it holds',
          next: 'put the file itself there',
        });
      }
    }
  };
  visit(folder);
  return hash.digest('hex');
}

/** The digests of packs whose scripts the user agreed to run, in one JSON file. */
export class TrustStore {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  isTrusted(pack: Pack): boolean {
    return pack.builtIn || this.#digests().includes(packDigest(pack.folder));
  }

  /** Remembers the pack as it is now; any change of it asks again. Returns the digest. */
  trust(pack: Pack): string {
    const digest = packDigest(pack.folder);
    const digests = [...new Set([...this.#digests(), digest])];
    replaceFileSync(this.#file, `${JSON.stringify({ trusted: digests }, null, 2)}\n`);
    return digest;
  }

  /** Throws a UserError if any of these scripts would run on this machine without the user's consent. */
  require(scenario: Scenario, scripts: readonly { kind: string; file: string }[]): void {
    const shell = scripts.filter((script) => script.kind === 'shell');
    if (shell.length === 0 || this.isTrusted(scenario.pack)) return;
    throw new UserError({
      what: `the pack ${scenario.pack.id} runs scripts, and you have not trusted it`,
      why: `${shell.map((s) => relative(scenario.pack.folder, s.file)).join(', ')} would run on this machine as you`,
      next: `read them, then: kubedrill pack trust ${scenario.pack.folder}`,
    });
  }

  #digests(): string[] {
    if (!existsSync(this.#file)) return [];
    try {
      const { trusted } = JSON.parse(readFileSync(this.#file, 'utf8')) as { trusted: string[] };
      return trusted;
    } catch (cause) {
      throw new UserError(
        { what: `${this.#file} cannot be read`, why: (cause as Error).message, next: 'mend or delete it' },
        { cause },
      );
    }
  }
}
