import { parseOptions } from '../../lib/options.ts';
import { program, UsageError } from '../../lib/program.ts';
import { parseAwk } from './parser.ts';
import { AwkRun } from './run.ts';
import { inputValue } from './values.ts';

export const awk = program('awk', async (p) => {
  const options = parseOptions(
    p,
    'F:v:f:',
    { 'field-separator': 'F', assign: 'v', file: 'f', version: 'version' },
    { stop: true, code: 2 },
  );
  const rest = [...options.operands];
  const sources = options.all('f').map((file) => p.vfs.readText(p, file));
  if (sources.length === 0) {
    const source = rest.shift();
    if (source === undefined) throw new UsageError('usage: awk [-F fs][-v var=value][prog | -f progfile][file ...]', 2);
    sources.push(source);
  }
  const run = new AwkRun(p, parseAwk(sources.join('\n')));
  const unescaped = (text: string) => text.replace(/\\([nt\\])/g, (_, c: string) => ({ n: '\n', t: '\t' })[c] ?? '\\');
  const fs = options.get('F');
  if (fs !== undefined) run.setVariable('FS', fs === 't' ? '\t' : unescaped(fs));
  for (const assignment of options.all('v')) {
    const at = assignment.indexOf('=');
    if (at < 1) throw new UsageError(`invalid -v argument ${assignment}`, 2);
    run.setVariable(assignment.slice(0, at), inputValue(unescaped(assignment.slice(at + 1))));
  }
  return run.run(rest);
});
