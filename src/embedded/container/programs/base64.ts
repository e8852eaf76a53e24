import { eachInput } from '../lib/io.ts';
import { parseOptions } from '../lib/options.ts';
import { isBusybox, program } from '../lib/program.ts';

export const base64 = program('base64', async (p) => {
  const options = parseOptions(p, 'dDiw:', { decode: 'd', wrap: 'w', 'ignore-garbage': 'i' });
  const width = options.number('w') ?? 76;
  let failed = false;
  const status = await eachInput(p, options.operands.slice(0, 1), async (fd) => {
    const data = Buffer.from(await p.readAll(fd));
    if (options.has('d', 'D')) {
      const text = data.toString('latin1').replace(/\s/g, '');
      const valid = /^[A-Za-z0-9+/]*={0,2}/.exec(text)?.[0] ?? '';
      await p.write(1, Buffer.from(valid, 'base64'));
      if (valid.length !== text.length || (text.length % 4 === 1 && text !== '')) {
        failed = true;
        await p.print(2, isBusybox(p) ? 'base64: truncated input\n' : 'base64: invalid input\n');
      }
      return;
    }
    const text = data.toString('base64');
    if (width <= 0) await p.print(1, text);
    else if (text !== '') await p.print(1, text.replace(new RegExp(`.{1,${Math.floor(width)}}`, 'g'), '$&\n'));
  });
  return failed ? 1 : status;
});
