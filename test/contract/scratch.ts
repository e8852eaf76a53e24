import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder that lives as long as its user says: longer than one test. */
export class ScratchFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'kubedrill-contract-'));

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
