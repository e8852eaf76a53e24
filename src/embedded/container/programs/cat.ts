import { eachInput } from '../lib/io.ts';
import { parseOptions } from '../lib/options.ts';
import { program } from '../lib/program.ts';

export const cat = program('cat', async (p) => {
  const options = parseOptions(p, 'nbsvAETetu', {
    number: 'n',
    'number-nonblank': 'b',
    'show-all': 'A',
    'squeeze-blank': 's',
    'show-ends': 'E',
  });
  const plain = !options.has('n', 'b', 's', 'v', 'A', 'E', 'T', 'e', 't');
  let number = 0;
  let blank = false;
  return eachInput(p, options.operands, async (fd) => {
    if (plain) {
      for (let data = await p.read(fd); data.length > 0; data = await p.read(fd)) await p.write(1, data);
      return;
    }
    const text = await p.readAllText(fd);
    let out = '';
    for (const piece of text.match(/[^\n]*\n|[^\n]+/g) ?? []) {
      const empty = piece === '\n';
      if (options.has('s') && empty && blank) continue;
      blank = empty;
      let line = piece;
      if (options.has('T', 'A', 't')) line = line.replaceAll('\t', '^I');
      if (options.has('v', 'A', 'e', 't'))
        line = line.replace(/[\x00-\x08\x0b-\x1f\x7f]/g, (c) =>
          c === '\x7f' ? '^?' : `^${String.fromCharCode(c.charCodeAt(0) + 64)}`,
        );
      if (options.has('E', 'A', 'e')) line = line.replace('\n', '$\n');
      if (options.has('n') || (options.has('b') && !empty)) line = `${String(++number).padStart(6)}\t${line}`;
      out += line;
    }
    await p.print(1, out);
  });
});
