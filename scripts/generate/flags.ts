/**
 * Writes src/embedded/generated/flags.gen.ts: the flags of the control plane's programs as their `--help` lists them
 * (`name type` a line, a shorthand before it, sections after `#`), and the names that some of them take.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { recordedFolder, writeTexts } from './recorded.ts';

/** Writes the file. */
export function generateFlags(): void {
  const folder = new URL('flags/', recordedFolder);
  const lists = readdirSync(folder)
    .sort()
    .map((file): [string, string] => [
      file.replace(/\.txt$/, ''),
      readFileSync(new URL(file, folder), 'utf8').trim().replaceAll('\n', ','),
    ]);
  writeTexts(
    'flags.gen.ts',
    'Flags of the programs of v1.35 and etcd 3.6, and what some of them may be, as JSON texts with one comma a line.',
    'flagLists',
    new Map(lists),
  );
}
