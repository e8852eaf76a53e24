import type { Duplex } from 'node:stream';
import { isSysError, SysError } from '../kernel/errno.ts';
import type { Process } from '../kernel/process.ts';
import { resolveHost } from '../kernel/resolver.ts';
import { EMPTY, OpenFile } from '../kernel/vfs-node.ts';
import type { Redirect } from './ast.ts';
import { errorPrefix, openErrorText } from './messages.ts';
import type { Shell } from './shell.ts';

/** A redirection failed; its message is complete. */
export class RedirectError extends Error {}

/** The body of a here-document. */
class TextInput extends OpenFile {
  #rest: Uint8Array;

  constructor(text: string) {
    super();
    this.#rest = new TextEncoder().encode(text);
  }

  override async read(_p: Process, max: number): Promise<Uint8Array> {
    const data = this.#rest.subarray(0, max);
    this.#rest = this.#rest.subarray(data.length);
    return data;
  }
}

/** bash's /dev/tcp/host/port. */
class SocketFile extends OpenFile {
  readonly #socket: Duplex;
  #chunks: Uint8Array[] = [];
  #ended = false;
  #wake: (() => void) | undefined;

  constructor(socket: Duplex) {
    super();
    this.#socket = socket;
    socket.on('data', (chunk: Uint8Array) => {
      this.#chunks.push(chunk);
      this.#wake?.();
    });
    for (const end of ['end', 'close', 'error']) {
      socket.on(end, () => {
        this.#ended = true;
        this.#wake?.();
      });
    }
  }

  override async read(p: Process, max: number): Promise<Uint8Array> {
    while (this.#chunks.length === 0) {
      if (this.#ended) return EMPTY;
      await p.block((resume) => {
        this.#wake = resume;
        return () => {
          this.#wake = undefined;
        };
      });
    }
    const first = this.#chunks.shift() ?? EMPTY;
    if (first.length > max) this.#chunks.unshift(first.subarray(max));
    return first.subarray(0, max);
  }

  override write(p: Process, data: Uint8Array): Promise<void> {
    return p.block((resolve) => {
      this.#socket.write(data, () => resolve());
      return undefined;
    });
  }

  protected override onClose(): void {
    this.#socket.end();
    this.#socket.destroy();
  }
}

/** What descriptors meant before; each entry holds a reference. */
export type SavedDescriptors = [number, OpenFile | undefined][];

/** Makes the redirections in the shell's own process. Throws RedirectError; what was done until then is undone. */
export async function applyRedirects(shell: Shell, redirects: readonly Redirect[]): Promise<SavedDescriptors> {
  const saved: SavedDescriptors = [];
  const { p } = shell;
  const assign = (fd: number, file: OpenFile | undefined) => {
    saved.push([fd, p.fds.get(fd)?.ref()]);
    p.setFd(fd, file);
  };
  try {
    for (const redirect of redirects) await apply(shell, redirect, assign);
  } catch (error) {
    undoRedirects(p, saved);
    throw error;
  }
  return saved;
}

export function undoRedirects(p: Process, saved: SavedDescriptors): void {
  for (const [fd, file] of saved.toReversed()) {
    p.setFd(fd, file);
    file?.unref();
  }
}

/** Forgets what was before: the redirections stay (`exec >file`). */
export function keepRedirects(saved: SavedDescriptors): void {
  for (const [, file] of saved) file?.unref();
}

async function apply(
  shell: Shell,
  redirect: Redirect,
  assign: (fd: number, file: OpenFile | undefined) => void,
): Promise<void> {
  const { op, target } = redirect;
  const input = op === '<' || op === '<<' || op === '<<<' || op === '<&' || op === '<>';
  const fd = redirect.fd ?? (input ? 0 : 1);
  const text = await shell.expander.text(target);
  if (op === '<<') return assign(fd, new TextInput(text));
  if (op === '<<<') return assign(fd, new TextInput(`${text}\n`));
  if (op === '&>' || op === '&>>' || (op === '>&' && redirect.fd === undefined && !/^(\d+|-)$/.test(text))) {
    assign(1, await open(shell, op === '&>>' ? '>>' : '>', text));
    return assign(2, shell.p.fds.get(1));
  }
  if (op === '<&' || op === '>&') {
    if (text === '-') return assign(fd, undefined);
    const source = /^\d+$/.test(text) ? shell.p.fds.get(Number(text)) : undefined;
    if (!source) {
      const reason = /^\d+$/.test(text) ? 'Bad file descriptor' : 'ambiguous redirect';
      throw new RedirectError(`${errorPrefix(shell.state)}${text}: ${reason}\n`);
    }
    return assign(fd, source);
  }
  assign(fd, await open(shell, op, text));
}

async function open(shell: Shell, op: Redirect['op'], path: string): Promise<OpenFile> {
  const { p, state } = shell;
  const creating = op !== '<';
  try {
    const tcp = state.flavor === 'bash' ? /^\/dev\/tcp\/([^/]+)\/(\d+)$/.exec(path) : null;
    if (tcp) return await openSocket(shell, tcp[1] ?? '', Number(tcp[2]));
    if (op === '<') return p.vfs.open(p, path, { read: true });
    if (op === '<>') return p.vfs.open(p, path, { read: true, write: true, create: true });
    if (op === '>>') return p.vfs.open(p, path, { write: true, create: true, append: true });
    if (op === '>' && state.options.C && p.vfs.find(p, path)?.node.kind === 'file') {
      const reason = state.flavor === 'bash' ? 'cannot overwrite existing file' : 'File exists';
      throw new RedirectError(
        state.flavor === 'bash'
          ? `${errorPrefix(state)}${path}: ${reason}\n`
          : openErrorText(state, path, 'EEXIST', reason, true),
      );
    }
    return p.vfs.open(p, path, { write: true, create: true, truncate: true });
  } catch (error) {
    if (!isSysError(error)) throw error;
    throw new RedirectError(openErrorText(state, path, error.code, error.message, creating));
  }
}

async function openSocket(shell: Shell, host: string, port: number): Promise<OpenFile> {
  const { p, state } = shell;
  const [address] = await resolveHost(p, host);
  if (!address) {
    throw new RedirectError(`${errorPrefix(state)}${host}: Name or service not known\n`);
  }
  try {
    return new SocketFile(await p.container.network.connect(p, address, port));
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    await p.print(2, `${errorPrefix(state)}connect: ${error.message}\n`);
    throw error;
  }
}
