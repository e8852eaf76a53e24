import { formatPrintf, unescapeText } from '../../lib/printf.ts';
import { errorPrefix } from '../messages.ts';
import type { Builtin, Shell } from '../shell.ts';
import { evaluateTest, TestError } from '../test-expression.ts';

/** What `echo` prints. dash interprets escapes always, busybox and bash with -e. */
export function echoText(args: readonly string[], flavor: 'ash' | 'dash' | 'bash'): string {
  let newline = true;
  let escapes = flavor === 'dash';
  let rest = args;
  const options = flavor === 'dash' ? /^-n$/ : /^-[neE]+$/;
  while (rest[0] !== undefined && options.test(rest[0])) {
    for (const c of rest[0].slice(1)) {
      if (c === 'n') newline = false;
      else escapes = c === 'e';
    }
    rest = rest.slice(1);
  }
  const text = rest.join(' ');
  if (!escapes) return text + (newline ? '\n' : '');
  const { text: out, stopped } = unescapeText(text, true);
  return out + (newline && !stopped ? '\n' : '');
}

async function test(shell: Shell, name: string, args: string[]): Promise<number> {
  try {
    return evaluateTest(shell.p, args, (variable) => shell.variables.get(variable) !== undefined) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof TestError)) throw error;
    await shell.p.print(
      2,
      `${errorPrefix(shell.state, shell.state.flavor === 'ash' ? undefined : name)}${wording(shell, error.message)}\n`,
    );
    return 2;
  }
}

function wording(shell: Shell, message: string): string {
  const operand = message.slice(0, Math.max(0, message.lastIndexOf(': ')));
  switch (shell.state.flavor) {
    case 'bash':
      return message.endsWith('unexpected operator') ? 'too many arguments' : message;
    case 'dash':
      return message.includes('integer')
        ? `Illegal number: ${operand}`
        : message.replace(/: (unary|binary) operator expected/, ': unexpected operator');
    default:
      return message.includes('integer')
        ? `${operand}: bad number`
        : message.replace(
            /: (unary operator expected|binary operator expected|unexpected operator)/,
            ': unknown operand',
          );
  }
}

export const outputBuiltins: Record<string, Builtin> = {
  echo: async (shell, args) => {
    await shell.p.print(1, echoText(args, shell.state.flavor));
    return 0;
  },
  printf: async (shell, args) => {
    let rest = args;
    let target: string | undefined;
    if (shell.state.flavor === 'bash' && rest[0] === '-v') {
      target = rest[1];
      rest = rest.slice(2);
    }
    if (rest[0] === '--') rest = rest.slice(1);
    const [format, ...values] = rest;
    if (format === undefined) {
      await shell.p.print(2, `${errorPrefix(shell.state, 'printf')}usage: printf format [arg ...]\n`);
      return 2;
    }
    const { text: formatted, errors } = formatPrintf(format, values);
    if (target !== undefined) shell.variables.set(target, formatted);
    else await shell.p.print(1, formatted);
    for (const error of errors) {
      const text =
        shell.state.flavor === 'dash' ? error.replace(/^(\D.*): invalid number$/, '$1: expected numeric value') : error;
      await shell.p.print(2, `${errorPrefix(shell.state, 'printf')}${text}\n`);
    }
    return errors.length > 0 ? 1 : 0;
  },
  test: (shell, args) => test(shell, 'test', args),
  '[': async (shell, args) => {
    if (args.at(-1) !== ']') {
      await shell.p.print(2, `${errorPrefix(shell.state, shell.state.flavor === 'ash' ? undefined : '[')}missing ]\n`);
      return 2;
    }
    return test(shell, '[', args.slice(0, -1));
  },
  // busybox' name for the same; bash parses `[[` itself.
  '[[': async (shell, args) => {
    if (args.at(-1) !== ']]') {
      await shell.p.print(2, `${errorPrefix(shell.state)}missing ]]\n`);
      return 2;
    }
    return test(shell, '[[', args.slice(0, -1));
  },
};
