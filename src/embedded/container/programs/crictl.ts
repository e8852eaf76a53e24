import { ownValue } from '../../../kernel/own.ts';
import { stringifyYaml } from '../../codec/yaml.ts';
import type { RuntimeContainer, RuntimePod, RuntimeState } from '../../node-api.ts';
import type { Process } from '../kernel/process.ts';
import { type Options, parseOptions } from '../lib/options.ts';
import { program, UsageError } from '../lib/program.ts';
import { regexFault, safeRegExp } from '../lib/regex.ts';
import { formatDate } from './date.ts';

/** Go's tabwriter as crictl sets it: columns of at least 20, 3 apart. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(20, ...rows.map((row) => (row[i] ?? '').length + 3)));
  return rows
    .map((row) => `${row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0))).join('')}\n`)
    .join('');
}

const short = (id: string) => id.replace(/^sha256:/, '').slice(0, 13);

/** As docker's units.HumanDuration. */
function ago(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const [minutes, hours] = [Math.floor(seconds / 60), Math.round(seconds / 3600)];
  if (seconds < 1) return 'Less than a second ago';
  if (seconds === 1) return '1 second ago';
  if (seconds < 60) return `${seconds} seconds ago`;
  if (minutes === 1) return 'About a minute ago';
  if (minutes < 60) return `${minutes} minutes ago`;
  if (hours === 1) return 'About an hour ago';
  return hours < 48 ? `${hours} hours ago` : `${Math.floor(hours / 24)} days ago`;
}

/** As docker's units.HumanSizeWithPrecision(3). */
function size(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let [value, unit] = [bytes, 0];
  for (; value >= 1000 && unit < units.length - 1; unit++) value /= 1000;
  return `${Number(value.toPrecision(3))}${units[unit]}`;
}

const state = async (p: Process) => (await p.until(p.container.askNode({ kind: 'runtime' }))) as RuntimeState;

function byAge<T extends { createdAt: number }>(all: readonly T[]): T[] {
  return [...all].sort((a, b) => b.createdAt - a.createdAt);
}

async function ps(p: Process, options: Options): Promise<void> {
  const { pods } = await state(p);
  const matches = (pattern: string | undefined, text: string) =>
    pattern === undefined || safeRegExp(pattern).test(text);
  const wanted = options.get('state')?.toLowerCase();
  const rows = pods
    .flatMap((pod) => pod.containers.map((container) => ({ pod, container, createdAt: container.createdAt })))
    .filter(({ container }) =>
      wanted ? container.state.toLowerCase() === wanted : options.has('a') || container.state === 'Running',
    )
    .filter(({ container }) => matches(options.get('name'), container.name))
    .filter(({ pod }) => pod.id.startsWith(options.get('p') ?? ''));
  if (options.has('q')) {
    await p.print(
      1,
      byAge(rows)
        .map(({ container }) => `${container.id}\n`)
        .join(''),
    );
    return;
  }
  const now = p.container.clock.now();
  const row = ({ pod, container: c }: { pod: RuntimePod; container: RuntimeContainer }) => [
    ...[short(c.id), short(c.imageId), ago(now - c.createdAt), c.state, c.name, String(c.attempt)],
    ...[short(pod.id), pod.name, pod.namespace],
  ];
  const head = ['CONTAINER', 'IMAGE', 'CREATED', 'STATE', 'NAME', 'ATTEMPT', 'POD ID', 'POD', 'NAMESPACE'];
  await p.print(1, table([head, ...byAge(rows).map(row)]));
}

async function pods(p: Process, options: Options): Promise<void> {
  const all = byAge((await state(p)).pods).filter(
    ({ name, namespace }) =>
      safeRegExp(options.get('name') ?? '').test(name) && (options.get('namespace') ?? namespace) === namespace,
  );
  if (options.has('q')) {
    await p.print(1, all.map(({ id }) => `${id}\n`).join(''));
    return;
  }
  const now = p.container.clock.now();
  const rows = all.map((pod) => [
    ...[short(pod.id), ago(now - pod.createdAt), pod.ready ? 'Ready' : 'NotReady', pod.name, pod.namespace],
    ...[String(pod.attempt), '(default)'],
  ]);
  await p.print(1, table([['POD ID', 'CREATED', 'STATE', 'NAME', 'NAMESPACE', 'ATTEMPT', 'RUNTIME'], ...rows]));
}

async function images(p: Process, options: Options): Promise<void> {
  const all = [...(await state(p)).images].sort((a, b) => (a.name < b.name ? -1 : 1));
  if (options.has('q')) {
    await p.print(1, all.map(({ id }) => `${id}\n`).join(''));
    return;
  }
  const rows = all.map(({ name, id, sizeBytes }) => {
    const cut = name.lastIndexOf(':');
    return [name.slice(0, cut), name.slice(cut + 1), short(id), size(sizeBytes)];
  });
  await p.print(1, table([['IMAGE', 'TAG', 'IMAGE ID', 'SIZE'], ...rows]));
}

const followEvery = 500;

async function logs(p: Process, options: Options): Promise<void> {
  const [container] = options.operands;
  if (container === undefined) throw new UsageError('ID cannot be empty');
  const read = () =>
    p.until(p.container.askNode({ kind: 'log', container, previous: options.has('p') })) as Promise<string>;
  let text = await read();
  const tail = options.number('tail');
  const lines = text.split(/(?<=\n)/);
  await p.print(1, (tail === undefined || tail < 0 ? lines : tail === 0 ? [] : lines.slice(-tail)).join(''));
  while (options.has('f')) {
    await p.sleep(followEvery);
    const now = await read();
    await p.print(1, now.startsWith(text) ? now.slice(text.length) : now);
    text = now;
  }
}

const time = (ms: number | undefined) => (ms ? formatDate(ms, '%FT%T.%NZ') : '0001-01-01T00:00:00Z');

/** One container as CRI's ContainerStatus tells of it. */
async function inspect(p: Process, options: Options): Promise<void> {
  const [id] = options.operands;
  if (id === undefined) throw new UsageError('ID cannot be empty');
  const { pods } = await state(p);
  const found = pods.flatMap((pod) => pod.containers.map((c) => ({ pod, c }))).find(({ c }) => c.id.startsWith(id));
  if (!found) throw Object.assign(new Error(`no container ${id}`), { code: 'ENOENT' });
  const { pod, c } = found;
  const status = {
    createdAt: time(c.createdAt),
    exitCode: c.exitCode ?? 0,
    finishedAt: time(c.finishedAt),
    id: c.id,
    image: { annotations: {}, image: c.image, runtimeHandler: '', userSpecifiedImage: '' },
    imageRef: c.imageId,
    labels: {
      'io.kubernetes.container.name': c.name,
      'io.kubernetes.pod.name': pod.name,
      'io.kubernetes.pod.namespace': pod.namespace,
      'io.kubernetes.pod.uid': pod.uid,
    },
    logPath: c.logPath,
    message: c.message ?? '',
    metadata: { attempt: c.attempt, name: c.name },
    reason: c.reason ?? '',
    startedAt: time(c.startedAt),
    state: c.state === 'Running' ? 'CONTAINER_RUNNING' : 'CONTAINER_EXITED',
  };
  const answer = { info: { sandboxID: pod.id }, status };
  const yaml = options.get('o') === 'yaml';
  await p.print(1, yaml ? stringifyYaml(answer) : `${JSON.stringify(answer, undefined, 2)}\n`);
}

async function version(p: Process): Promise<void> {
  const rows = ['Version:  0.1.0', 'RuntimeName:  containerd', 'RuntimeVersion:  v2.2.9', 'RuntimeApiVersion:  v1'];
  await p.print(1, `${rows.join('\n')}\n`);
}

const commands: Record<string, (p: Process, options: Options) => Promise<void>> = {
  ...{ ps, pods, images, logs, inspect, version, image: images, img: images },
};

/** The container runtime's client: looks at Pods, containers, images and logs past the kubelet. */
export const crictl = program('crictl', async (p) => {
  const words = [...p.args];
  // Options of crictl itself, with the values that they may have.
  while (words[0]?.startsWith('-')) {
    const word = words.shift() ?? '';
    if (/^(-r|-i|-c|--(runtime-endpoint|image-endpoint|config|timeout))$/.test(word)) words.shift();
  }
  const [name = '', ...args] = words;
  const command = ownValue(commands, name);
  if (!command) {
    const known = Object.keys(commands).join(', ');
    await p.print(2, `FATA[0000] "${name}" is not simulated; there are ${known}\n`);
    return 1;
  }
  const options = parseOptions(
    p,
    name === 'ps' ? 'aqlp:n:s:o:' : name === 'logs' ? 'fpt' : 'qo:v',
    {
      ...{ all: 'a', quiet: 'q', pod: 'p:', name: 'name:', namespace: 'namespace:', state: 'state:', output: 'o:' },
      ...{ tail: 'tail:', follow: 'f', previous: 'p', timestamps: 't', latest: 'l' },
    },
    { args },
  );
  try {
    await command(p, options);
    return 0;
  } catch (error) {
    if (error instanceof SyntaxError) {
      await p.print(2, `FATA[0000] error parsing regexp: ${regexFault(error)}: \`${options.get('name')}\`\n`);
      return 1;
    }
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'ENOENT') throw error;
    await p.print(2, `FATA[0000] no such container: ${options.operands[0] ?? ''}\n`);
    return 1;
  }
});
