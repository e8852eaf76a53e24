import { execa } from 'execa';
import type { Clock } from '../../kernel/clock.ts';
import { EnvironmentError } from '../../kernel/errors.ts';
import { meaningfulLine, recognise } from './failures.ts';

export interface ToolOptions {
  signal?: AbortSignal;
  input?: string;
  /** Milliseconds. */
  timeout?: number;
  /** Called for each line that it prints on stderr. */
  onLine?(line: string): void;
  /** Reported of the process as soon as it runs. */
  onStart?(pid: number): void;
}

/** How long an ordinary question to Docker may take, milliseconds. */
const ordinaryPatience = 30_000;

/** kind's label on the containers of a cluster; its value is the cluster's name. */
export const clusterLabel = 'io.x-k8s.kind.cluster';

/** Docker and kind as the user has them on PATH. */
export class Tools {
  readonly #env: NodeJS.ProcessEnv;
  readonly #clock: Clock;

  constructor(env: NodeJS.ProcessEnv, clock: Clock) {
    this.#env = env;
    this.#clock = clock;
  }

  docker(args: readonly string[], options: ToolOptions = {}): Promise<string> {
    return this.#run('docker', args, options);
  }

  kind(args: readonly string[], options: ToolOptions = {}): Promise<string> {
    return this.#run('kind', args, options);
  }

  /** Names of all node containers of a kind cluster, with their state (`running`, `exited`, `paused`, ...). */
  async nodes(name: string): Promise<{ name: string; state: string }[]> {
    const output = await this.docker([
      'ps',
      '--all',
      '--filter',
      `label=${clusterLabel}=${name}`,
      '--format',
      '{{.Names}} {{.State}}',
    ]);
    return output
      .split('\n')
      .filter(Boolean)
      .map((line) => {
        const [node = '', state = ''] = line.split(' ');
        return { name: node, state };
      })
      .sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
  }

  /** Runs a tool to its end and returns what it printed on stdout; rejects with an EnvironmentError that tells the reason. */
  async #run(file: string, args: readonly string[], options: ToolOptions): Promise<string> {
    const { signal, input, timeout = ordinaryPatience, onLine, onStart } = options;
    signal?.throwIfAborted();
    // In a process group of its own: a Ctrl-C of the terminal is ours to pass on, and children go with it.
    const child = execa(file, [...args], {
      env: this.#env,
      reject: false,
      all: true,
      detached: true,
      ...(input === undefined ? { stdin: 'ignore' as const } : { input }),
    });
    if (child.pid !== undefined) onStart?.(child.pid);
    const kill = (how: NodeJS.Signals) => {
      if (child.pid === undefined) return;
      try {
        process.kill(-child.pid, how);
      } catch {
        // It has ended.
      }
    };
    let late = false;
    const timer = this.#clock.after(timeout, () => {
      late = true;
      kill('SIGKILL');
    });
    const onAbort = () => kill('SIGKILL');
    signal?.addEventListener('abort', onAbort, { once: true });
    const reading = onLine ? readLines(child.iterable({ from: 'stderr' }), onLine) : undefined;
    const result = await child;
    await reading;
    timer.cancel();
    signal?.removeEventListener('abort', onAbort);
    signal?.throwIfAborted();
    if (!result.failed) return result.stdout;
    throw failureOf(
      file,
      args,
      { all: result.all, code: result.code },
      result as unknown as Error,
      late ? timeout : undefined,
    );
  }
}

/** What to do about a failure that nobody knows. */
export const lookAround = 'kubedrill doctor';

async function readLines(lines: AsyncIterable<unknown>, onLine: (line: string) => void): Promise<void> {
  try {
    for await (const line of lines) onLine(String(line));
  } catch {
    // The result tells how the process ended.
  }
}

function failureOf(
  file: string,
  args: readonly string[],
  result: { all: string | undefined; code: string | undefined },
  cause: Error,
  timeout?: number,
): EnvironmentError {
  const output = result.all ?? '';
  if (result.code === 'ENOENT')
    return new EnvironmentError({ what: `${file} is not installed`, next: installation[file] ?? '' });
  const known = recognise(output);
  if (known) return new EnvironmentError({ ...known, why: meaningfulLine(output) }, { cause });
  const why = timeout === undefined ? meaningfulLine(output) : `no end after ${Math.round(timeout / 1000)} s`;
  return new EnvironmentError(
    { what: `${file} ${args.slice(0, 2).join(' ')} failed`, why, next: lookAround },
    { cause },
  );
}

export const installation: Record<string, string> = {
  docker: 'install Docker (https://docs.docker.com/engine/install), or use --provider embedded, which needs none',
  kind: 'install kind (https://kind.sigs.k8s.io), or use --provider embedded, which needs none',
};
