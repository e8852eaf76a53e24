import { type Measured, measure, round, summary } from '../measure.ts';
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

const configMapOf = (name: string, n: number, labels: Record<string, string> = {}) =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, labels },
    data: { n: String(n), text: 'x'.repeat(200) },
  });

/** One server with what the rows need, in a namespace of its own. */
export class World {
  readonly rows: ReadonlyMap<string, () => Promise<Measured>>;
  readonly #peer: Peer;
  readonly #load: Load;
  readonly #processorTime: () => number | undefined;
  readonly #namespace = `bench-${Date.now().toString(36)}`;

  /** @param processorTime of the server so far, in milliseconds, where that can be known */
  constructor(peer: Peer, load: Load, processorTime: () => number | undefined = () => undefined) {
    this.#peer = peer;
    this.#load = load;
    this.#processorTime = processorTime;
    this.rows = new Map(Object.entries(this.#rows()).filter(([name]) => load.only.test(name)));
  }

  /** Makes the namespace and what is in it. */
  async prepare(): Promise<void> {
    const { concurrency } = this.#load;
    const namespace = JSON.stringify({ metadata: { name: this.#namespace } });
    await this.#post('/api/v1/namespaces', namespace);
    await fill(this.#peer, this.#base, concurrency);
    for (let worker = 0; worker < concurrency; worker++) await this.#post(this.#maps, configMapOf(own(worker), 0));
  }

  async dispose(): Promise<void> {
    try {
      await this.#peer.call({ method: 'DELETE', path: `/api/v1/namespaces/${this.#namespace}` });
    } finally {
      await this.#peer.close();
    }
  }

  get #base(): string {
    return `/api/v1/namespaces/${this.#namespace}`;
  }

  get #maps(): string {
    return `${this.#base}/configmaps`;
  }

  #post(path: string, body: string): Promise<string> {
    return this.#peer.call({ method: 'POST', path, headers: json, body });
  }

  #rows(): Record<string, () => Promise<Measured>> {
    const peer = this.#peer;
    const pods = `${this.#base}/pods`;
    const review = JSON.stringify({
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: {
        user: `system:serviceaccount:${this.#namespace}:default`,
        resourceAttributes: { verb: 'list', resource: 'pods', namespace: this.#namespace },
      },
    });
    return {
      'get pod': this.#measured(() => peer.call({ path: `${pods}/pod-7` })),
      'list 500 pods as a Table': this.#measured(() => peer.call({ path: `${pods}?limit=500`, headers: table })),
      'list 500 pods as JSON': this.#measured(() => peer.call({ path: `${pods}?limit=500` })),
      'create ConfigMap': async () => {
        const labels = { bench: 'created' };
        const measured = await this.#measured((_, n) => this.#post(this.#maps, configMapOf(`new-${n}`, n, labels)))();
        // The faster server created more of them: with those kept, memory would tell how fast it is.
        await peer.call({ method: 'DELETE', path: `${this.#maps}?labelSelector=bench%3Dcreated` });
        return measured;
      },
      'update ConfigMap': this.#measured((worker, n) =>
        peer.call({
          method: 'PUT',
          path: `${this.#maps}/${own(worker)}`,
          headers: json,
          body: configMapOf(own(worker), n),
        }),
      ),
      'patch ConfigMap': this.#measured((worker, n) =>
        peer.call({
          method: 'PATCH',
          path: `${this.#maps}/${own(worker)}`,
          headers: { 'Content-Type': 'application/strategic-merge-patch+json' },
          body: JSON.stringify({ data: { n: String(n) } }),
        }),
      ),
      'apply ConfigMap': this.#measured((worker, n) =>
        peer.call({
          method: 'PATCH',
          path: `${this.#maps}/${own(worker)}?fieldManager=bench&force=true`,
          headers: { 'Content-Type': 'application/apply-patch+yaml' },
          body: configMapOf(own(worker), n),
        }),
      ),
      SubjectAccessReview: this.#measured(() =>
        this.#post('/apis/authorization.k8s.io/v1/subjectaccessreviews', review),
      ),
      [`an event to ${watcherCount} watchers`]: () => fanOut(peer, this.#maps, this.#load),
    };
  }

  #measured(once: (worker: number, n: number) => Promise<unknown>): () => Promise<Measured> {
    return async () => {
      let count = 0;
      const before = this.#processorTime();
      const measured = await measure((worker, n) => {
        count++;
        return once(worker, n);
      }, this.#load);
      const after = this.#processorTime();
      if (before === undefined || after === undefined) return measured;
      return { ...measured, cpu: round((after - before) / count, 3) };
    };
  }
}

const own = (worker: number) => `worker-${worker}`;

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
