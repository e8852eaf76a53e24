import { decode, type Obj, type RestClient } from '../../api-client/client.ts';
import { type FlagSet, type Flags, KubectlError } from '../../api-client/flags.ts';
import { findResource, pathOf } from './discovery.ts';
import { asObject } from './errors.ts';

export const logsFlags: FlagSet = {
  follow: { kind: 'bool', short: 'f' },
  previous: { kind: 'bool', short: 'p' },
  container: { kind: 'string', short: 'c' },
  tail: { kind: 'string' },
  since: { kind: 'string' },
  'since-time': { kind: 'string' },
  timestamps: { kind: 'bool' },
  'limit-bytes': { kind: 'string' },
  selector: { kind: 'string', short: 'l' },
  'all-containers': { kind: 'bool' },
  prefix: { kind: 'bool' },
};

interface PodLog {
  pod: string;
  container: string;
}

async function selected(client: RestClient, flags: Flags): Promise<Obj[]> {
  const ns = client.config.namespace;
  const labels = flags.get('selector');
  const byLabels = async (selector: string) =>
    ((await client.json(`/api/v1/namespaces/${ns}/pods`, { query: { labelSelector: selector } })).items as
      | Obj[]
      | undefined) ?? [];
  if (labels !== undefined) return byLabels(labels);
  const [what] = flags.args;
  if (what === undefined)
    throw new KubectlError(
      "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for the logs command\nSee 'kubectl logs -h' for help and examples",
    );
  if (!what.includes('/')) return [await client.json(`/api/v1/namespaces/${ns}/pods/${what}`)];
  const [type = '', name = ''] = what.split('/');
  const resource = await findResource(client, type);
  const object = await client.json(pathOf(resource, ns, name));
  if (resource.kind === 'Pod') return [object];
  const spec = asObject(object.spec);
  const match =
    Object.keys(asObject(asObject(spec.selector).matchLabels)).length > 0
      ? asObject(asObject(spec.selector).matchLabels)
      : asObject(spec.selector);
  const pods = await byLabels(
    Object.entries(match)
      .map(([k, v]) => `${k}=${v}`)
      .join(','),
  );
  return pods.slice(0, 1);
}

export async function logs(client: RestClient, flags: Flags): Promise<number> {
  const { p } = client;
  const pods = await selected(client, flags);
  const wanted = flags.get('container') ?? flags.args[1];
  const sources: PodLog[] = [];
  for (const pod of pods) {
    const containers = ((asObject(pod.spec).containers as Obj[] | undefined) ?? []).map((c) => String(c.name));
    const name = String(asObject(pod.metadata).name);
    if (flags.bool('all-containers')) sources.push(...containers.map((container) => ({ pod: name, container })));
    else {
      if (wanted === undefined && containers.length > 1)
        await p.print(2, `Defaulted container "${containers[0]}" out of: ${containers.join(', ')}\n`);
      sources.push({ pod: name, container: wanted ?? containers[0] ?? '' });
    }
  }
  if (sources.length === 0) {
    await p.print(2, `No resources found in ${client.config.namespace} namespace.\n`);
    return 0;
  }
  const since = flags.duration('since');
  for (const { pod, container } of sources) {
    const response = await client.send(`/api/v1/namespaces/${client.config.namespace}/pods/${pod}/log`, {
      query: {
        container,
        follow: flags.bool('follow') ? 'true' : undefined,
        previous: flags.bool('previous') ? 'true' : undefined,
        tailLines:
          flags.get('tail') === '-1' ? undefined : (flags.get('tail') ?? (flags.has('selector') ? '10' : undefined)),
        sinceSeconds: since === undefined ? undefined : String(Math.ceil(since)),
        sinceTime: flags.get('since-time'),
        timestamps: flags.bool('timestamps') ? 'true' : undefined,
        limitBytes: flags.get('limit-bytes'),
      },
    });
    if (response.status >= 400) await decode(response);
    const prefix = flags.bool('prefix') ? `[pod/${pod}/${container}] ` : '';
    for await (const chunk of response.body()) {
      if (prefix === '') await p.write(1, chunk);
      else
        await p.print(
          1,
          Buffer.from(chunk)
            .toString('utf8')
            .replace(/^(?=[\s\S])/gm, prefix),
        );
    }
  }
  return 0;
}
