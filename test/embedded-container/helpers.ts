import type { ClusterNetwork, ContainerSpec, RunningContainer } from '../../src/embedded/api.ts';
import { createContainerRuntime } from '../../src/embedded/container/runtime.ts';

/** A network where nothing is found, unless a test says otherwise. */
export function emptyNetwork(overrides: Partial<ClusterNetwork> = {}): ClusterNetwork {
  return {
    lookup: async () => [],
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

export interface Result {
  out: string;
  err: string;
  code: number;
}

/** Collects a container's output until it ends. */
export async function finished(container: RunningContainer): Promise<Result> {
  let out = '';
  let err = '';
  const decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() };
  container.onOutput((stream, chunk) => {
    const text = decoders[stream].decode(chunk, { stream: true });
    if (stream === 'stdout') out += text;
    else err += text;
  });
  const { exitCode } = await container.exited;
  return { out, err, code: exitCode };
}

/** Resolves once what a container has printed matches. */
export function printed(container: RunningContainer, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let all = '';
    container.onOutput((_, chunk) => {
      all += new TextDecoder().decode(chunk);
      if (pattern.test(all)) resolve(all);
    });
    void container.exited.then(() => reject(new Error(`ended before ${pattern} was printed: ${all}`)));
  });
}

/** Runtime of a cluster of its own, with a shortcut for shell scripts. */
export function testRuntime(network: ClusterNetwork = emptyNetwork()) {
  const runtime = createContainerRuntime({
    network,
    onBug: (program, stack) => console.error(`bug in ${program}: ${stack}`),
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
