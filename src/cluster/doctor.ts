import { accessSync, constants, mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { freemem } from 'node:os';
import type { Paths } from '../kernel/paths.ts';
import { findKubectl } from './kubectl/kubectl.ts';
import { oldestMinor } from './kubectl/version.ts';
import type { Diagnosis, Provider } from './provider.ts';

/** The newest kubectl that may talk to a v1.35 server by Kubernetes' version skew policy. */
const newestMinor = 36;
const neededMemory = 200 * 2 ** 20;

export interface DoctorOptions {
  paths: Paths;
  env: NodeJS.ProcessEnv;
  terminal: { isTTY: boolean; columns: number; rows: number };
  providers: readonly Provider[];
}

/** Looks at everything kubedrill needs; each finding that is not ok says how to mend it. Changes nothing. */
export async function diagnose(options: DoctorOptions): Promise<Diagnosis[]> {
  return [
    node(),
    await kubectl(options),
    ...folders(options.paths),
    await port(),
    memory(),
    terminal(options.terminal),
    ...(await Promise.all(options.providers.map((provider) => provider.check()))).flat(),
  ];
}

function node(): Diagnosis {
  return { subject: 'node', ok: true, text: `Node ${process.versions.node}` };
}

async function kubectl({ paths, env }: DoctorOptions): Promise<Diagnosis> {
  const { usable, onPath } = await findKubectl({ cache: paths.cache, env });
  const subject = 'kubectl';
  if (usable && usable.minor > newestMinor) {
    return {
      subject,
      ok: false,
      text: `${usable.version} (${usable.file}) is newer than the v1.35 of the labs allows`,
      fix: `use a kubectl from 1.${oldestMinor} to 1.${newestMinor}`,
    };
  }
  if (usable) return { subject, ok: true, text: `${usable.version} (${usable.file})` };
  const text = onPath ? `${onPath.version} (${onPath.file}) is too old` : 'not found';
  return {
    subject,
    ok: false,
    text,
    fix: `install kubectl 1.${oldestMinor} or newer and put it on your PATH; without it kubedrill fetches one into ${paths.cache} when a lab's shell opens`,
  };
}

function folders(paths: Paths): Diagnosis[] {
  return (['state', 'cache'] as const).map((name) => {
    const folder = paths[name];
    const variable = `XDG_${name.toUpperCase()}_HOME`;
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      accessSync(folder, constants.W_OK);
      return { subject: `${name} folder`, ok: true, text: folder };
    } catch (error) {
      const text = `${folder} cannot be written: ${(error as Error).message}`;
      return { subject: `${name} folder`, ok: false, text, fix: `set ${variable} to a folder that you may write to` };
    }
  });
}

/** Whether a server may listen on the loopback interface. */
function port(): Promise<Diagnosis> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) =>
      resolve({
        subject: 'ports',
        ok: false,
        text: `127.0.0.1 cannot be listened on: ${error.message}`,
        fix: 'allow servers on the loopback interface',
      }),
    );
    server.listen(0, '127.0.0.1', () =>
      server.close(() => resolve({ subject: 'ports', ok: true, text: 'free ports on 127.0.0.1' })),
    );
  });
}

function memory(): Diagnosis {
  const free = freemem();
  const text = `${Math.round(free / 2 ** 20)} MiB free`;
  if (free >= neededMemory) return { subject: 'memory', ok: true, text };
  return {
    subject: 'memory',
    ok: false,
    text,
    fix: `close something: a lab wants about ${neededMemory / 2 ** 20} MiB`,
  };
}

function terminal({ isTTY, columns, rows }: DoctorOptions['terminal']): Diagnosis {
  const subject = 'terminal';
  if (!isTTY) return { subject, ok: true, text: 'none: plain lines' };
  const text = `${columns}x${rows}`;
  if (columns >= 80 && rows >= 24) return { subject, ok: true, text };
  return { subject, ok: false, text, fix: 'make the window at least 80 columns by 24 rows, or use --plain' };
}
