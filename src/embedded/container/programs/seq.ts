import { Output } from '../lib/io.ts';
import { parseOptions } from '../lib/options.ts';
import { formatPrintf } from '../lib/printf.ts';
import { program, UsageError } from '../lib/program.ts';

export const seq = program('seq', async (p) => {
  // Negative numbers are operands.
  const negative = p.args.map((a) => (/^-\d/.test(a) ? `\0${a}` : a));
  const options = parseOptions(p, 's:wf:', { separator: 's', 'equal-width': 'w', format: 'f' }, { args: negative });
  const texts = options.operands.map((o) => o.replace('\0', ''));
  if (texts.length === 0) throw new UsageError('missing operand');
  const numbers = texts.map((text) => {
    if (!/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text)) throw new UsageError(`invalid number '${text}'`);
    return Number(text);
  });
  const [first, step, last] =
    numbers.length === 1 ? [1, 1, numbers[0]] : numbers.length === 2 ? [numbers[0], 1, numbers[1]] : numbers;
  if (first === undefined || step === undefined || last === undefined) throw new UsageError('missing operand');
  if (step === 0) throw new UsageError("invalid Zero increment value: '0'");
  const places = Math.max(...texts.map((t) => (t.split('.')[1] ?? '').length));
  const width = options.has('w') ? Math.max(first.toFixed(places).length, last.toFixed(places).length) : 0;
  const separator = options.get('s') ?? '\n';
  const out = new Output(p);
  const total = Math.floor((last - first) / step + 1e-9);
  for (let i = 0; i <= total; i++) {
    const turn = p.step(1);
    if (turn) await turn;
    const plain = (first + i * step).toFixed(places);
    const format = options.get('f');
    const text = format === undefined ? pad(plain, width) : formatPrintf(format, [plain]).text;
    await out.write(i === 0 ? text : separator + text);
  }
  if (total >= 0) await out.write('\n');
  await out.flush();
  return 0;
});

function pad(text: string, width: number): string {
  return text.startsWith('-') ? `-${text.slice(1).padStart(width - 1, '0')}` : text.padStart(width, '0');
}
