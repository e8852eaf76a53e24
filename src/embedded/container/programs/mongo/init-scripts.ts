/** `/docker-entrypoint-initdb.d/*.js`, which the image's entrypoint runs for new data. */
import type { Process } from '../../kernel/process.ts';
import { Shell } from './shell.ts';
import { type Runner, ShellError } from './shell-objects.ts';
import { ShellSyntaxError } from './shell-parser.ts';

const FOLDER = '/docker-entrypoint-initdb.d';

/** Resolves with an exit code if a script fails. */
export async function runScripts(p: Process, db: string, run: Runner): Promise<number | undefined> {
  for (const name of p.vfs.find(p, FOLDER) ? p.vfs.readdir(p, FOLDER).sort() : []) {
    const file = `${FOLDER}/${name}`;
    if (p.vfs.find(p, file)?.node.kind === 'dir') continue;
    const scripted = name.endsWith('.js');
    await p.print(1, `\n/usr/local/bin/docker-entrypoint.sh: ${scripted ? 'running' : 'ignoring'} ${file}\n\n`);
    if (!scripted) continue;
    try {
      const printed = await new Shell(p, run, db).evaluate(p.vfs.readText(p, file));
      if (printed !== '') await p.print(1, `${printed}\n`);
    } catch (error) {
      if (!(error instanceof ShellError || error instanceof ShellSyntaxError)) throw error;
      await p.print(2, `${error instanceof ShellError ? error.name : 'SyntaxError'}: ${error.message}\n`);
      return 1;
    }
  }
  return undefined;
}
