import { isSysError } from '../kernel/errno.ts';
import { type Executable, execute, findExecutable } from '../kernel/exec.ts';
import { parseOptions } from '../lib/options.ts';
import { program } from '../lib/program.ts';

export const env = program('env', async (p) => {
  const options = parseOptions(p, 'iu:0S:', { 'ignore-environment': 'i', unset: 'u', null: '0' }, { stop: true });
  const result = new Map(options.has('i') || options.operands[0] === '-' ? [] : p.env);
  for (const name of options.all('u')) result.delete(name);
  let rest = options.operands[0] === '-' ? options.operands.slice(1) : options.operands;
  const split = options.get('S');
  if (split !== undefined) rest = [...split.split(/\s+/).filter(Boolean), ...rest];
  while (rest[0]?.includes('=')) {
    const at = rest[0].indexOf('=');
    result.set(rest[0].slice(0, at), rest[0].slice(at + 1));
    rest = rest.slice(1);
  }
  if (rest.length === 0) {
    const end = options.has('0') ? '\0' : '\n';
    await p.print(1, [...result].map(([n, v]) => `${n}=${v}${end}`).join(''));
    return 0;
  }
  let executable: Executable;
  try {
    executable = findExecutable(p, rest, result);
  } catch (error) {
    if (!isSysError(error, 'ENOENT', 'EACCES', 'ENOEXEC')) throw error;
    const name = p.flavor === 'busybox' ? `can't execute '${rest[0]}'` : `'${rest[0]}'`;
    await p.print(2, `env: ${name}: ${error.message}\n`);
    return error.code === 'ENOENT' ? 127 : 126;
  }
  p.env = result;
  return execute(p, executable);
});

export const printenv = program('printenv', async (p) => {
  const names = p.args.filter((a) => !a.startsWith('-'));
  if (names.length === 0) {
    await p.print(1, [...p.env].map(([n, v]) => `${n}=${v}\n`).join(''));
    return 0;
  }
  let status = 0;
  for (const name of names) {
    const value = p.env.get(name);
    if (value === undefined) status = 1;
    else await p.print(1, `${value}\n`);
  }
  return status;
});
