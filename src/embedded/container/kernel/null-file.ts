import { EMPTY, OpenFile } from './vfs-node.ts';

/** /dev/null and its like. */
export class NullFile extends OpenFile {
  override readonly path = '/dev/null';

  override async read(): Promise<Uint8Array> {
    return EMPTY;
  }

  override async write(): Promise<void> {}
}
