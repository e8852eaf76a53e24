import { program, UsageError } from '../lib/program.ts';

/** gettext's envsubst: fills in `$NAME` and `${NAME}`; with an operand only the variables that it names. */
export const envsubst = program('envsubst', async (p) => {
  const [first, second] = p.args;
  if (first === '-V' || first === '--version') {
    await p.print(1, 'envsubst (GNU gettext-runtime) 0.21\n');
    return 0;
  }
  const names = (text: string) =>
    [...text.matchAll(/\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))/g)].map((m) => m[1] ?? m[2] ?? '');
  if (first === '-v' || first === '--variables') {
    await p.print(
      1,
      names(second ?? '')
        .map((name) => `${name}\n`)
        .join(''),
    );
    return 0;
  }
  if (first?.startsWith('-'))
    throw new UsageError(`unrecognized option '${first}'\nTry 'envsubst --help' for more information.`);
  if (second !== undefined) throw new UsageError('too many arguments');
  const wanted = first === undefined ? undefined : new Set(names(first));
  const text = await p.readAllText(0);
  const filled = text.replace(/\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))/g, (whole, braced?: string, plain?: string) => {
    const name = braced ?? plain ?? '';
    return wanted && !wanted.has(name) ? whole : (p.env.get(name) ?? '');
  });
  await p.print(1, filled);
  return 0;
});
