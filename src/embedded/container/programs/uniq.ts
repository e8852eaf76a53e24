import { eachInput, lines, Output } from '../lib/io.ts';
import { parseOptions } from '../lib/options.ts';
import { program } from '../lib/program.ts';

export const uniq = program('uniq', async (p) => {
  const options = parseOptions(p, 'cduif:s:w:', {
    count: 'c',
    repeated: 'd',
    unique: 'u',
    'ignore-case': 'i',
    'skip-fields': 'f',
    'skip-chars': 's',
    'check-chars': 'w',
  });
  const skipFields = options.number('f') ?? 0;
  const skip = options.number('s') ?? 0;
  const width = options.number('w');
  const keyOf = (line: string) => {
    let key = line;
    for (let i = 0; i < skipFields; i++) key = key.replace(/^\s*\S+/, '');
    key = key.slice(skip, width === undefined ? undefined : skip + width);
    return options.has('i') ? key.toLowerCase() : key;
  };
  const out = new Output(p);
  let current: { line: string; key: string; count: number } | undefined;
  const emit = async () => {
    if (!current) return;
    if (options.has('d') && current.count < 2) return;
    if (options.has('u') && current.count > 1) return;
    await out.write(`${options.has('c') ? `${String(current.count).padStart(7)} ` : ''}${current.line}\n`);
  };
  const status = await eachInput(
    p,
    options.operands.slice(0, 1),
    async (fd) => {
      for await (const { text } of lines(p, fd, out)) {
        const key = keyOf(text);
        if (current?.key === key) current.count++;
        else {
          await emit();
          current = { line: text, key, count: 1 };
        }
      }
    },
    { output: out },
  );
  await emit();
  await out.flush();
  return status;
});
