import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFile } from '../kernel/files.ts';
import type { Paths } from '../kernel/paths.ts';
import { quote } from './dialects.ts';

/** What runs this program: the file of Node, and that of the program, which links may lead to. */
export interface OwnProgram {
  node: string;
  file: string;
}

/** This very process: a clone, an installed package, what npx fetched. */
export function ownProgram(): OwnProgram {
  return { node: process.execPath, file: realpathSync(process.argv[1] ?? '') };
}

/**
 * The folder of a command `kubedrill` that runs this very program with this very Node, so that whatever says "type
 * kubedrill" is right in a shell of ours. One for each program: it can be written again at any time, and another one is
 * never in its place.
 */
export function commandFolder({ cache }: Pick<Paths, 'cache'>, { node, file }: OwnProgram = ownProgram()): string {
  const name = createHash('sha256').update(`${node}\0${file}`).digest('hex').slice(0, 12);
  return join(cache, 'bin', name);
}

/** Writes that command; its folder. */
export async function writeOwnCommand(
  paths: Pick<Paths, 'cache'>,
  program: OwnProgram = ownProgram(),
): Promise<string> {
  const folder = commandFolder(paths, program);
  await replaceFile(join(folder, 'kubedrill'), scriptOf(program), 0o700);
  return folder;
}

/** What a lab's own shell has as commands of their own. */
const labWords = ['task', 'check', 'hint', 'explain'] as const;

/** Writes a command for each of the lab's words; their folder, which no other shell should have: others know them, too. */
export async function writeLabCommands(
  paths: Pick<Paths, 'cache'>,
  program: OwnProgram = ownProgram(),
): Promise<string> {
  const folder = join(commandFolder(paths, program), 'lab');
  await Promise.all(labWords.map((word) => replaceFile(join(folder, word), scriptOf(program, word), 0o700)));
  return folder;
}

function scriptOf(program: OwnProgram, ...args: string[]): string {
  const [node, file] = [quote(program.node), quote(program.file)];
  // A Node that was replaced by a newer one, as version managers do, is looked for on PATH.
  return `#!/bin/sh
node=${node}
[ -x "$node" ] || node=node
[ -f ${file} ] && exec "$node" ${[file, ...args].join(' ')} "$@"
echo "kubedrill: it is no longer at "${file} >&2
echo "next: open this shell anew with the kubedrill that you have now" >&2
exit 3
`;
}
