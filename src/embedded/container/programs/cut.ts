import { eachInput, lines, Output } from '../lib/io.ts';
import { parseOptions } from '../lib/options.ts';
import { program, UsageError } from '../lib/program.ts';

/** `1,3-5,7-`: whether a position (from 1) is in the list. */
function parseList(text: string): (position: number) => boolean {
  const ranges = text.split(',').map((part) => {
    const match = /^(\d*)(-?)(\d*)$/.exec(part);
    if (!match || part === '' || part === '-') throw new UsageError(`invalid range '${part}'`);
    const from = match[1] === '' ? 1 : Number(match[1]);
    const to = match[2] === '' ? from : match[3] === '' ? Number.POSITIVE_INFINITY : Number(match[3]);
    if (from === 0) throw new UsageError('fields and positions are numbered from 1');
    return { from, to };
  });
  return (position) => ranges.some((r) => position >= r.from && position <= r.to);
}

export const cut = program('cut', async (p) => {
  const options = parseOptions(p, 'b:c:f:d:snD', {
    bytes: 'b',
    characters: 'c',
    fields: 'f',
    delimiter: 'd',
    'only-delimited': 's',
    complement: 'complement',
    'output-delimiter': 'output-delimiter:',
  });
  const list = options.get('f') ?? options.get('c') ?? options.get('b');
  if (list === undefined) throw new UsageError('you must specify a list of bytes, characters, or fields');
  const included = parseList(list);
  const wanted = (position: number) => included(position) !== options.has('complement');
  const delimiter = options.get('d') ?? '\t';
  if ([...delimiter].length !== 1) throw new UsageError('the delimiter must be a single character');
  const joiner = options.get('output-delimiter') ?? delimiter;
  const out = new Output(p);
  const status = await eachInput(
    p,
    options.operands,
    async (fd) => {
      for await (const { text } of lines(p, fd, out)) {
        if (options.has('f')) {
          if (!text.includes(delimiter)) {
            if (!options.has('s')) await out.write(`${text}\n`);
            continue;
          }
          await out.write(
            `${text
              .split(delimiter)
              .filter((_, i) => wanted(i + 1))
              .join(joiner)}\n`,
          );
        } else await out.write(`${[...text].filter((_, i) => wanted(i + 1)).join('')}\n`);
      }
    },
    { output: out },
  );
  await out.flush();
  return status;
});
