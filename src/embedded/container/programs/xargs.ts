import { NullFile } from '../kernel/null-file.ts';
import type { OpenFile } from '../kernel/vfs-node.ts';
import { parseOptions } from '../lib/options.ts';
import { program } from '../lib/program.ts';
import { runCommand } from '../lib/run-command.ts';

/** Words of the input: quotes and backslashes as xargs understands them. */
function split(text: string): string[] {
  const words: string[] = [];
  for (const match of text.matchAll(/(?:"([^"\n]*)"|'([^'\n]*)'|\\([\s\S])|[^\s"'\\])+/g)) {
    words.push(
      match[0].replace(
        /"([^"\n]*)"|'([^'\n]*)'|\\([\s\S])/g,
        (_, a?: string, b?: string, c?: string) => a ?? b ?? c ?? '',
      ),
    );
  }
  return words;
}

export const xargs = program('xargs', async (p) => {
  const options = parseOptions(
    p,
    '0n:I:i:rtpd:L:P:s:E:x',
    {
      null: '0',
      'max-args': 'n',
      replace: 'I',
      'no-run-if-empty': 'r',
      verbose: 't',
      delimiter: 'd',
      'max-lines': 'L',
      'max-procs': 'P',
    },
    { stop: true },
  );
  const command = options.operands.length > 0 ? options.operands : ['echo'];
  const text = await p.readAllText(0);
  const replace = options.get('I');
  const delimiter = options.has('0')
    ? '\0'
    : options.get('d')?.replace('\\n', '\n').replace('\\t', '\t').replace('\\0', '\0');
  let words: string[];
  if (delimiter !== undefined) words = text.split(delimiter).filter((w, i, all) => !(w === '' && i === all.length - 1));
  else if (replace !== undefined)
    words = text
      .split('\n')
      .map((l) => l.trim())
      .filter(Boolean);
  else words = split(text);
  const input: ReadonlyMap<number, OpenFile> = new Map<number, OpenFile>([...p.fds, [0, new NullFile()]]);
  let status = 0;
  const run = async (argv: string[]): Promise<boolean> => {
    if (options.has('t')) await p.print(2, `${argv.join(' ')}\n`);
    const code = await runCommand(p, argv, input);
    if (code === 126 || code === 127) status = code;
    else if (code === 255) status = 124;
    else if (code !== 0) status = 123;
    return code !== 255 && code !== 126 && code !== 127;
  };
  if (replace !== undefined) {
    for (const word of words) if (!(await run(command.map((c) => c.replaceAll(replace, word))))) break;
    return status;
  }
  const size = options.number('n') ?? options.number('L') ?? 5000;
  if (words.length === 0 && !options.has('r')) {
    await run(command);
    return status;
  }
  for (let i = 0; i < words.length; i += size) if (!(await run([...command, ...words.slice(i, i + size)]))) break;
  return status;
});
