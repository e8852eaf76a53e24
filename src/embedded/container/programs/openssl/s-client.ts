/** `openssl s_client`: a TLS connection, its certificates, what was agreed on. */
import type { Duplex } from 'node:stream';
import { createSecureContext, type DetailedPeerCertificate, type TLSSocket } from 'node:tls';
import { isSysError } from '../../kernel/errno.ts';
import type { Process } from '../../kernel/process.ts';
import { resolveHost } from '../../kernel/resolver.ts';
import { shakeHands } from '../../lib/tls.ts';
import { nameText, pemBlocks, readCertificate, timeText } from './certificate.ts';
import { chainFault } from './certificates.ts';
import { Arguments, certificatePem, loadKey, OpensslError, readInput } from './files.ts';

/** The certificates that a server sent, its own first. */
function chainOf(socket: TLSSocket): Buffer[] {
  const chain: Buffer[] = [];
  let current: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
  while (current?.raw) {
    const { raw } = current;
    if (chain.some((other) => other.equals(raw))) break;
    chain.push(raw);
    current = current.issuerCertificate;
  }
  return chain;
}

async function dial(p: Process, target: string): Promise<{ socket: Duplex; host: string }> {
  const [, host = '', port = ''] = /^(?:\[?([^\]]*?)\]?):(\d+)$/.exec(target) ?? [];
  if (port === '') throw new OpensslError(`s_client: -connect argument or target parameter malformed or ambiguous`);
  const [address] = await resolveHost(p, host || '127.0.0.1');
  if (address === undefined)
    throw new OpensslError(`BIO_lookup_ex:system lib: Name or service not known\nconnect:errno=22`);
  try {
    return { socket: await p.container.network.connect(p, address, Number(port)), host };
  } catch (error) {
    if (!isSysError(error) || error.code === 'EPIPE') throw error;
    throw new OpensslError(`BIO_connect:${error.message}\nconnect:errno=${error.code === 'ETIMEDOUT' ? 110 : 111}`);
  }
}

export async function sClient(p: Process, args: readonly string[]): Promise<number> {
  const options = new Arguments(
    args,
    'connect servername CAfile CApath cert key verify verify_return_error alpn',
    'showcerts brief quiet noservername tls1_2 tls1_3 ign_eof prexit',
    's_client',
  );
  const target = options.get('connect') ?? options.operands[0] ?? 'localhost:4433';
  const { socket, host } = await dial(p, target);
  await p.print(1, 'CONNECTED(00000003)\n');
  const file = options.get('CAfile');
  const trusted =
    file === undefined ? [] : pemBlocks((await readInput(p, file, 'certificate')).toString('latin1'), /CERTIFICATE$/);
  const client = options.get('cert');
  const named =
    options.get('servername') ?? (/^[\d.]+$|:/.test(host) || options.has('noservername') ? undefined : host);
  const context = createSecureContext({
    ...(client !== undefined && { cert: await readInput(p, client, 'certificate') }),
    ...(client !== undefined && {
      key: (await loadKey(p, options.get('key') ?? client)).export({ type: 'pkcs8', format: 'pem' }),
    }),
    ...(options.has('tls1_2') && { maxVersion: 'TLSv1.2' as const }),
    ...(options.has('tls1_3') && { minVersion: 'TLSv1.3' as const }),
  });
  let secure: TLSSocket;
  try {
    const handshake = { servername: named, secureContext: context };
    secure = await shakeHands(p, socket, handshake, () => new OpensslError('write:errno=104'));
  } catch (error) {
    if (error instanceof OpensslError) throw error;
    if (!(error instanceof Error) || !('code' in error)) throw error;
    throw new OpensslError(
      `error:0A00010B:SSL routines:ssl3_get_record:wrong version number\n---\nno peer certificate available\n---\nNo client certificate CA names sent\n---`,
    );
  }
  const chain = chainOf(secure);
  const [own] = chain;
  if (!own) throw new OpensslError('no peer certificate available');
  const fault = chainFault(own, trusted, chain, p.container.clock.now());
  const parsed = chain.map(readCertificate);
  for (const [i, certificate] of [...parsed.entries()].reverse()) {
    await p.print(2, `depth=${i} ${nameText(certificate.subject)}\n`);
    if (fault?.depth === i) await p.print(2, `verify error:num=${fault.code}:${fault.text}\n`);
    await p.print(2, 'verify return:1\n');
  }
  const [server] = parsed;
  const verdict = fault ? `${fault.code} (${fault.text})` : '0 (ok)';
  if (server && !options.has('quiet')) {
    const list = parsed.map((c, i) => {
      const kind =
        c.publicKey.asymmetricKeyType === 'rsa'
          ? `rsaEncryption, ${c.publicKey.asymmetricKeyDetails?.modulusLength}`
          : 'id-ecPublicKey, 256';
      const sigalg = c.publicKey.asymmetricKeyType === 'rsa' ? 'RSA-SHA256' : 'ecdsa-with-SHA256';
      const pem = options.has('showcerts') ? certificatePem(c.der) : '';
      return ` ${i} s:${nameText(c.subject)}\n   i:${nameText(c.issuer)}\n   a:PKEY: ${kind} (bit); sigalg: ${sigalg}\n   v:NotBefore: ${timeText(c.notBefore)}; NotAfter: ${timeText(c.notAfter)}\n${pem}`;
    });
    const { name } = secure.getCipher();
    const version = secure.getProtocol() ?? '';
    await p.print(
      1,
      `---\nCertificate chain\n${list.join('')}---\nServer certificate\n${options.has('showcerts') ? '' : certificatePem(server.der)}subject=${nameText(server.subject)}\nissuer=${nameText(server.issuer)}\n---\nNo client certificate CA names sent\n---\nSSL handshake has read ${secure.bytesRead} bytes and written ${secure.bytesWritten} bytes\nVerification${fault ? ` error: ${fault.text}` : ': OK'}\n---\nNew, ${version}, Cipher is ${name}\nVerify return code: ${verdict}\n---\n`,
    );
  }
  await relay(p, secure);
  await p.print(2, 'DONE\n');
  return 0;
}

/** Whether a connection ended before its end, by the server, by an alert of TLS or by our own `destroy`. */
function isBroken(error: unknown): boolean {
  const { code = '' } = error as { code?: string };
  return code.startsWith('ERR_SSL_') || ['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'].includes(code);
}

/** Carries bytes both ways until standard input ends. */
async function relay(p: Process, socket: TLSSocket): Promise<void> {
  const chunks = socket[Symbol.asyncIterator]();
  const output = (async () => {
    for (let next = await p.until(chunks.next()); !next.done; next = await p.until(chunks.next()))
      await p.write(1, next.value);
  })();
  p.background(
    output.catch((error: unknown) => {
      if (!isBroken(error)) throw error;
    }),
  );
  for (let data = await p.read(0); data.length > 0; data = await p.read(0)) {
    await p.block((resolve) => {
      socket.write(data, () => resolve());
      return undefined;
    });
  }
  socket.end();
  socket.destroy();
}
