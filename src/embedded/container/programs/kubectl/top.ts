import { milliValue, quantityValue } from '../../../../kube/quantity.ts';
import { type Obj, type RestClient, StatusError } from '../../api-client/client.ts';
import { type FlagSet, type Flags, KubectlError } from '../../api-client/flags.ts';
import { asObject } from './errors.ts';

const shared: FlagSet = {
  selector: { kind: 'string', short: 'l' },
  'no-headers': { kind: 'bool' },
  'sort-by': { kind: 'string' },
};
export const topNodeFlags: FlagSet = shared;
export const topPodFlags: FlagSet = {
  ...shared,
  'all-namespaces': { kind: 'bool', short: 'A' },
  containers: { kind: 'bool' },
};

const root = '/apis/metrics.k8s.io/v1beta1';
const mebibyte = 1024 ** 2;

interface Amount {
  /** In thousandths. */
  cpu: number;
  /** In bytes. */
  memory: number;
}

type Row = Amount & { cells: string[] };

/** `kubectl top nodes` */
export async function topNodes(client: RestClient, flags: Flags): Promise<number> {
  const by = sortKey(flags);
  await requireMetrics(client);
  const [name] = flags.args;
  const below = name === undefined ? '' : `/${name}`;
  const query = { labelSelector: flags.get('selector') };
  const metrics = itemsOf(await client.json(`${root}/nodes${below}`, { query }));
  const nodes = itemsOf(await client.json(`/api/v1/nodes${below}`, { query }));
  if (metrics.length === 0) throw new KubectlError('metrics not available yet');
  const rows = metrics.map((one): Row => {
    const used = amountOf(asObject(one.usage));
    const node = nodes.find((n) => nameOf(n) === nameOf(one));
    const has = amountOf(asObject(asObject(node?.status).allocatable));
    const share = (key: keyof Amount) => `${Math.trunc((used[key] * 100) / (has[key] || 1))}%`;
    return { ...used, cells: [nameOf(one), cpuText(used), share('cpu'), memoryText(used), share('memory')] };
  });
  const head = ['NAME', 'CPU(cores)', 'CPU(%)', 'MEMORY(bytes)', 'MEMORY(%)'];
  return print(client, flags, head, sorted(rows, by));
}

/** `kubectl top pods` */
export async function topPods(client: RestClient, flags: Flags): Promise<number> {
  const by = sortKey(flags);
  await requireMetrics(client);
  const everywhere = flags.bool('all-namespaces');
  const [name] = flags.args;
  const scope = everywhere ? '/pods' : `/namespaces/${client.config.namespace}/pods`;
  const path = name === undefined ? scope : `${scope}/${name}`;
  const query = { labelSelector: flags.get('selector') };
  const items = itemsOf(await client.json(`${root}${path}`, { query }));
  if (items.length === 0) return nothing(client, scope, query, everywhere);
  const perContainer = flags.bool('containers');
  const rows = items.flatMap((one): Row[] => {
    const containers = ((one.containers as Obj[] | undefined) ?? []).map((c) => ({
      name: String(c.name),
      ...amountOf(asObject(c.usage)),
    }));
    const space = everywhere ? [String(asObject(one.metadata).namespace)] : [];
    const row = (amount: Amount, ...names: string[]): Row => ({
      ...amount,
      cells: [...space, ...names, cpuText(amount), memoryText(amount)],
    });
    if (perContainer) return containers.map((c) => row(c, nameOf(one), c.name));
    const sum = (key: keyof Amount) => containers.reduce((total, c) => total + c[key], 0);
    return [row({ cpu: sum('cpu'), memory: sum('memory') }, nameOf(one))];
  });
  const first = perContainer ? ['POD', 'NAME'] : ['NAME'];
  const head = [...(everywhere ? ['NAMESPACE'] : []), ...first, 'CPU(cores)', 'MEMORY(bytes)'];
  return print(client, flags, head, sorted(rows, by));
}

/** Without Pods there is nothing to measure; with some it comes later. */
async function nothing(
  client: RestClient,
  scope: string,
  query: Record<string, string | undefined>,
  everywhere: boolean,
): Promise<number> {
  const pods = itemsOf(await client.json(`/api/v1${scope}`, { query }));
  if (pods.length > 0) throw new KubectlError('metrics not available yet');
  const where = everywhere ? '' : ` in ${client.config.namespace} namespace`;
  await client.p.print(2, `No resources found${where}.\n`);
  return 0;
}

async function requireMetrics(client: RestClient): Promise<void> {
  try {
    await client.json(root);
  } catch (error) {
    if (error instanceof StatusError) throw new KubectlError('Metrics API not available');
    throw error;
  }
}

const itemsOf = (answer: Obj): Obj[] => (answer.items as Obj[] | undefined) ?? [answer];
const nameOf = (object: Obj): string => String(asObject(object.metadata).name);
const amountOf = ({ cpu = '0', memory = '0' }: Obj): Amount => ({
  cpu: milliValue(String(cpu)),
  memory: quantityValue(String(memory)),
});
const cpuText = ({ cpu }: Amount) => `${cpu}m`;
const memoryText = ({ memory }: Amount) => `${Math.trunc(memory / mebibyte)}Mi`;

function sortKey(flags: Flags): keyof Amount | undefined {
  const by = flags.get('sort-by');
  if (by === undefined || by === '') return undefined;
  if (by !== 'cpu' && by !== 'memory') throw new KubectlError('--sort-by accepts only cpu or memory');
  return by;
}

const sorted = (rows: Row[], by: keyof Amount | undefined): Row[] =>
  by === undefined ? rows : rows.sort((a, b) => b[by] - a[by]);

/** Every column is filled up, the last one too. */
async function print(client: RestClient, flags: Flags, head: string[], rows: readonly Row[]): Promise<number> {
  const lines = [...(flags.bool('no-headers') ? [] : [head]), ...rows.map(({ cells }) => cells)];
  const widths = head.map((_, i) => Math.max(...lines.map((cells) => cells[i]?.length ?? 0)) + 3);
  for (const cells of lines) {
    await client.p.print(1, `${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('')}\n`);
  }
  return 0;
}
