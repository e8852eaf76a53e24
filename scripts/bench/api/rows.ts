import { type Measured, measure, round, summary } from './measure.ts';
import type { Peer, Wire } from './peer.ts';

export interface Load extends Wire {
  /** Of each row. */
  seconds: number;
  /** Which rows. */
  only: RegExp;
}

const json = { 'Content-Type': 'application/json' };
const table = { Accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' };
const podCount = 500;
const watcherCount = 50;

/** A Pod as a learner writes them, which no node is ever found for. */
const podOf = (name: string) => ({
  metadata: { name, labels: { app: 'bench', tier: 'web' } },
  spec: {
    nodeSelector: { bench: 'nowhere' },
    containers: [
      {
        name: 'web',
        image: 'nginx:1.27',
        ports: [{ containerPort: 80 }],
        env: [{ name: 'MODE', value: 'bench' }],
        resources: { requests: { cpu: '10m', memory: '16Mi' }, limits: { memory: '32Mi' } },
        readinessProbe: { httpGet: { path: '/', port: 80 } },
      },
    ],
  },
});

const configMapOf = (name: string, n: number) =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name },
    data: { n: String(n), text: 'x'.repeat(200) },
  });

/**
 * Measures one server on every row, in a namespace of its own that is deleted afterwards.
 * @param processorTime of the server so far, in milliseconds, where that can be known
 */
export async function measureRows(
  peer: Peer,
  load: Load,
  said: (row: string) => void,
  processorTime: () => number | undefined,
): Promise<Record<string, Measured>> {
  const namespace = `bench-${Date.now().toString(36)}`;
  const base = `/api/v1/namespaces/${namespace}`;
  const maps = `${base}/configmaps`;
  const own = (worker: number) => `worker-${worker}`;
  const rows: Record<string, Measured> = {};
  const row = async (name: string, once: (worker: number, n: number) => Promise<unknown>) => {
    if (!load.only.test(name)) return;
    said(name);
    let count = 0;
    const before = processorTime();
    const measured = await measure((worker, n) => {
      count++;
      return once(worker, n);
    }, load);
    const after = processorTime();
    rows[name] = {
      ...measured,
      ...(before !== undefined && after !== undefined && { cpu: round((after - before) / count, 3) }),
    };
  };
  await peer.call({
    method: 'POST',
    path: '/api/v1/namespaces',
    headers: json,
    body: JSON.stringify({ metadata: { name: namespace } }),
  });
  try {
    await fill(peer, base, load.concurrency);
    const post = (path: string, body: string) => peer.call({ method: 'POST', path, headers: json, body });
    await row('get pod', () => peer.call({ path: `${base}/pods/pod-7` }));
    await row('list 500 pods as a Table', () => peer.call({ path: `${base}/pods?limit=500`, headers: table }));
    await row('list 500 pods as JSON', () => peer.call({ path: `${base}/pods?limit=500` }));
    await row('create ConfigMap', (_, n) => post(maps, configMapOf(`new-${n}`, n)));
    for (let worker = 0; worker < load.concurrency; worker++) await post(maps, configMapOf(own(worker), 0));
    await row('update ConfigMap', (worker, n) =>
      peer.call({ method: 'PUT', path: `${maps}/${own(worker)}`, headers: json, body: configMapOf(own(worker), n) }),
    );
    await row('patch ConfigMap', (worker, n) =>
      peer.call({
        method: 'PATCH',
        path: `${maps}/${own(worker)}`,
        headers: { 'Content-Type': 'application/strategic-merge-patch+json' },
        body: JSON.stringify({ data: { n: String(n) } }),
      }),
    );
    await row('apply ConfigMap', (worker, n) =>
      peer.call({
        method: 'PATCH',
        path: `${maps}/${own(worker)}?fieldManager=bench&force=true`,
        headers: { 'Content-Type': 'application/apply-patch+yaml' },
        body: configMapOf(own(worker), n),
      }),
    );
    const review = JSON.stringify({
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: {
        user: `system:serviceaccount:${namespace}:default`,
        resourceAttributes: { verb: 'list', resource: 'pods', namespace },
      },
    });
    await row('SubjectAccessReview', () => post('/apis/authorization.k8s.io/v1/subjectaccessreviews', review));
    if (load.only.test(fanOutRow)) {
      said(fanOutRow);
      rows[fanOutRow] = await fanOut(peer, maps, load);
    }
  } finally {
    await peer.call({ method: 'DELETE', path: `/api/v1/namespaces/${namespace}` });
  }
  return rows;
}

const fanOutRow = `an event to ${watcherCount} watchers`;

/** Pods that the scheduler has looked at. */
async function fill(peer: Peer, base: string, concurrency: number): Promise<void> {
  let next = 0;
  const work = async () => {
    for (let n = next++; n < podCount; n = next++) {
      const body = JSON.stringify(podOf(`pod-${n}`));
      await peer.call({ method: 'POST', path: `${base}/pods`, headers: json, body });
    }
  };
  await untilServiceAccount(peer, base);
  await Promise.all(Array.from({ length: concurrency }, work));
  for (;;) {
    const { items } = JSON.parse(await peer.call({ path: `${base}/pods` })) as {
      items: { status: { conditions?: [] } }[];
    };
    if (items.filter(({ status }) => status.conditions?.length).length === podCount) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function untilServiceAccount(peer: Peer, base: string): Promise<void> {
  for (;;) {
    const { items } = JSON.parse(await peer.call({ path: `${base}/serviceaccounts` })) as { items: [] };
    if (items.length > 0) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Writes one after the other; each is done when the last watcher has heard of it. Counts events, times writes. */
async function fanOut(peer: Peer, maps: string, { seconds }: Load): Promise<Measured> {
  const name = 'fan-out';
  await peer.call({ method: 'POST', path: maps, headers: json, body: configMapOf(name, 0) });
  const stop = new AbortController();
  let left = 0;
  let all: () => void = () => undefined;
  const heard = (line: string) => {
    if (line.includes('"MODIFIED"') && --left === 0) all();
  };
  const path = `${maps}?watch=1&fieldSelector=metadata.name=${name}`;
  await Promise.all(Array.from({ length: watcherCount }, () => peer.follow(path, heard, stop.signal)));
  const times: number[] = [];
  const begin = performance.now();
  for (let n = 1; performance.now() < begin + seconds * 1000; n++) {
    const sent = performance.now();
    left = watcherCount;
    const heardByAll = new Promise<void>((resolve) => {
      all = resolve;
    });
    await Promise.all([
      peer.call({ method: 'PUT', path: `${maps}/${name}`, headers: json, body: configMapOf(name, n) }),
      heardByAll,
    ]);
    times.push(performance.now() - sent);
  }
  const taken = performance.now() - begin;
  stop.abort();
  const { perSecond, ...rest } = summary(times, taken);
  return { perSecond: perSecond * watcherCount, ...rest };
}
