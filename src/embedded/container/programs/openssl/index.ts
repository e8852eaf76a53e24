import { createHash, randomBytes } from 'node:crypto';
import { ownValue } from '../../../../kernel/own.ts';
import type { Process } from '../../kernel/process.ts';
import { program } from '../../lib/program.ts';
import { toolVersion } from '../../lib/versions.ts';
import { req, verify, x509 } from './certificates.ts';
import { Arguments, OpensslError, readInput, writeOutput } from './files.ts';
import { IssueError } from './issue.ts';
import { ecparam, genpkey, genrsa, showKey } from './keys.ts';
import { sClient } from './s-client.ts';

/** `OpenSSL 3.0.17 1 Jul 2025 (Library: …)`: version 3 says both. */
const versionText = (version: string) =>
  `OpenSSL ${version}${version.startsWith('3') ? ` (Library: OpenSSL ${version})` : ''}`;

async function rand(p: Process, args: readonly string[]): Promise<number> {
  const options = new Arguments(args, 'out', 'hex base64', 'rand');
  const count = Number(options.operands[0]);
  if (!(count > 0 && count <= 1 << 20)) throw new OpensslError('rand: Number of bytes must be between 1 and 1048576');
  const bytes = randomBytes(count);
  const base64 = `${bytes
    .toString('base64')
    .match(/.{1,64}/g)
    ?.join('\n')}\n`;
  await writeOutput(
    p,
    options.get('out'),
    options.has('hex') ? `${bytes.toString('hex')}\n` : options.has('base64') ? base64 : bytes,
  );
  return 0;
}

async function base64(p: Process, args: readonly string[]): Promise<number> {
  const options = new Arguments(args, 'in out', 'd e A a base64', 'base64');
  const input = await readInput(p, options.get('in'), 'input');
  if (options.has('d')) await writeOutput(p, options.get('out'), Buffer.from(input.toString('latin1'), 'base64'));
  else {
    const text = input.toString('base64');
    await writeOutput(
      p,
      options.get('out'),
      options.has('A') ? text : (text.match(/.{1,64}/g) ?? []).map((line) => `${line}\n`).join(''),
    );
  }
  return 0;
}

async function digest(p: Process, args: readonly string[], command?: string): Promise<number> {
  const options = new Arguments(args, 'out', 'sha1 sha256 sha384 sha512 md5 r hex', 'dgst');
  const name = command ?? ['sha1', 'sha384', 'sha512', 'md5'].find((d) => options.has(d)) ?? 'sha256';
  let text = '';
  for (const file of options.operands.length > 0 ? options.operands : [undefined]) {
    const hash = createHash(name)
      .update(await readInput(p, file, 'input'))
      .digest('hex');
    const label = name === 'md5' ? 'MD5' : name.replace('sha', 'SHA2-').replace('SHA2-1', 'SHA1');
    text += options.has('r') ? `${hash} *${file ?? 'stdin'}\n` : `${label}(${file ?? 'stdin'})= ${hash}\n`;
  }
  await writeOutput(p, options.get('out'), text);
  return 0;
}

const commands: Record<string, (p: Process, args: readonly string[]) => Promise<number>> = {
  ...{
    base64,
    ecparam,
    genpkey,
    genrsa,
    rand,
    req,
    verify,
    x509,
    s_client: sClient,
    dgst: (p, args) => digest(p, args),
  },
  ...{ rsa: (p, args) => showKey(p, 'rsa', args), ec: (p, args) => showKey(p, 'ec', args) },
  ...{ pkey: (p, args) => showKey(p, 'pkey', args), enc: base64 },
  ...{ sha256: (p, args) => digest(p, args, 'sha256'), sha1: (p, args) => digest(p, args, 'sha1') },
  ...{ md5: (p, args) => digest(p, args, 'md5'), sha512: (p, args) => digest(p, args, 'sha512') },
  version: async (p) => {
    await p.print(1, `${versionText(toolVersion(p, 'openssl'))}\n`);
    return 0;
  },
};

/** OpenSSL 3.0: the commands that work with keys, requests and certificates, and the TLS client. */
export const openssl = program('openssl', async (p) => {
  const [name = 'help', ...args] = p.args;
  const command = ownValue(commands, name);
  if (!command) {
    const list = Object.keys(commands).sort().join(' ');
    await p.print(
      2,
      name === 'help' ? `Commands of this openssl: ${list}\n` : `Invalid command '${name}'; type "help" for a list.\n`,
    );
    return name === 'help' ? 0 : 1;
  }
  try {
    return await command(p, args);
  } catch (error) {
    if (!(error instanceof OpensslError || error instanceof IssueError)) throw error;
    await p.print(2, `${error.message}\n`);
    return 1;
  }
});
