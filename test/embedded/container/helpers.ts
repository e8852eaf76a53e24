import { createContainerRuntime } from '../../../src/embedded/container/runtime.ts';
import { WorkerClient, workerUrl } from '../../../src/embedded/container/worker-client.ts';
import type { ContainerSpec, RunningContainer } from '../../../src/embedded/container-api.ts';
import type { ClusterNetwork } from '../../../src/embedded/network-api.ts';
import type { ProcessStreams } from '../../../src/kernel/process-streams.ts';

/** A network where nothing is found, unless a test says otherwise. */
export function emptyNetwork(overrides: Partial<ClusterNetwork> = {}): ClusterNetwork {
  return {
    records: async () => ({ code: 'NXDOMAIN', records: [] }),
    route: async () => ({ kind: 'refused' }),
    ...overrides,
  };
}

let containers = 0;

/** A spec with the facts of a plain Pod. */
export function specOf(image: string, overrides: Partial<ContainerSpec> = {}): ContainerSpec {
  containers++;
  return {
    id: `pod-${containers}/c/0`,
    image,
    env: [],
    mounts: [],
    hostname: 'box',
    pod: {
      name: 'box',
      namespace: 'default',
      uid: `pod-${containers}`,
      ip: `10.244.0.${containers % 250}`,
      nodeName: 'node-1',
      serviceAccountName: 'default',
    },
    stdin: false,
    tty: false,
    terminationMessagePath: '/dev/termination-log',
    ...overrides,
  };
}

/** A worker with a small heap, which fills it without an end when somebody executes `exhaust-heap` in a container. */
export function exhaustible(): WorkerClient {
  const code = `
    import { parentPort } from 'node:worker_threads';
    import ${JSON.stringify(workerUrl().href)};
    parentPort.on('message', (messages) => {
      if (!messages.some(({ t, command }) => t === 'exec' && command?.[0] === 'exhaust-heap')) return;
      for (const kept = []; ; ) kept.push(new Array(100_000).fill({}));
    });`;
  return new WorkerClient(new URL(`data:text/javascript,${encodeURIComponent(code)}`), { memoryMb: 96 });
}

export interface Result {
  out: string;
  err: string;
  code: number;
}

/** A container's output, from now on. */
export function follow(container: RunningContainer): {
  until(pattern: RegExp): Promise<string>;
  result: Promise<Result>;
} {
  const text = { stdout: '', stderr: '' };
  let all = '';
  const decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() };
  const waiting: { pattern: RegExp; resolve(text: string): void; reject(error: Error): void }[] = [];
  container.onOutput((stream, chunk) => {
    const piece = decoders[stream].decode(chunk, { stream: true });
    text[stream] += piece;
    all += piece;
    for (const w of waiting) if (w.pattern.test(all)) w.resolve(all);
  });
  const result = container.exited.then(({ exitCode }) => {
    for (const w of waiting) w.reject(new Error(`ended before ${w.pattern} was printed: ${all}`));
    return { out: text.stdout, err: text.stderr, code: exitCode };
  });
  return {
    result,
    until: (pattern) =>
      new Promise((resolve, reject) => {
        if (pattern.test(all)) resolve(all);
        else waiting.push({ pattern, resolve, reject });
      }),
  };
}

/** Collects a container's output until it ends. */
export function finished(container: RunningContainer): Promise<Result> {
  return follow(container).result;
}

/** Resolves once what a container has printed matches. */
export function printed(container: RunningContainer, pattern: RegExp): Promise<string> {
  return follow(container).until(pattern);
}

/** Collects the output of an exec or attach session until it ends. */
export async function collect(session: ProcessStreams): Promise<Result> {
  const read = async (stream: NodeJS.ReadableStream | undefined) => {
    let text = '';
    for await (const chunk of stream ?? []) text += String(chunk);
    return text;
  };
  const [out, err] = await Promise.all([read(session.stdout), read(session.stderr)]);
  return { out, err, code: await session.exit };
}

/** Runtime of a cluster of its own, with a shortcut for shell scripts; our own faults are printed, and put into `bugs`. */
export function testRuntime(network: ClusterNetwork = emptyNetwork(), bugs: string[] = []) {
  const runtime = createContainerRuntime({
    network,
    onBug: (program, stack) => {
      bugs.push(`${program}: ${stack}`);
      console.error(`bug in ${program}: ${stack}`);
    },
  });
  return {
    runtime,
    /** Runs a script with the image's `sh -c`. */
    async sh(
      script: string,
      overrides: Partial<ContainerSpec> & { image?: string; shell?: string } = {},
    ): Promise<Result> {
      const { image = 'busybox:1.36', shell = 'sh', ...rest } = overrides;
      return finished(await runtime.start(specOf(image, { command: [shell, '-c', script], ...rest })));
    },
  };
}
