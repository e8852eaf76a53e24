import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { createEmbeddedCluster, type EmbeddedCluster } from '../../src/embedded/cluster.ts';
import { ManualClock } from '../../src/kernel/clock.ts';
import { nodes } from '../../src/kube/resources.ts';
import { compareObjects, type Difference, missingEvents } from './compare.ts';
import { conditionOf } from './conditions.ts';
import { FakeKubelet, type Mode } from './kubelet.ts';

type Json = Record<string, unknown>;

interface Step {
  do?: { method: string; path: string; body?: unknown; contentType?: string };
  refused?: string;
  wait?: string;
  until?: string;
  sleep?: number;
  kubelet?: Mode;
  namespace?: string;
  snapshot?: string;
  paths?: string[];
  objects?: unknown[];
  events?: Json[];
  eventsOf?: string;
}

export interface Recorded {
  scenario: string;
  steps: Step[];
}

export function readScenarios(file: string): Map<string, Recorded> {
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  return new Map(lines.map((line) => JSON.parse(line) as Recorded).map((s) => [s.scenario, s]));
}

export interface SnapshotResult {
  label: string;
  differences: Difference[];
  missingEvents: string[];
}

/** Waiting goes on in these steps of the cluster's clock. */
const tick = 50;
const longestWait = 200_000;

/** A cluster with the recorder's two nodes on which scenarios are replayed; its time is moved by the replay. */
export class Replay {
  readonly cluster: EmbeddedCluster;
  readonly #clock: ManualClock;
  readonly #kubelet: FakeKubelet;
  readonly #agent: Agent;
  readonly #made = new Map<string, string>();

  private constructor(cluster: EmbeddedCluster, clock: ManualClock) {
    this.cluster = cluster;
    this.#clock = clock;
    this.#kubelet = new FakeKubelet(cluster.context);
    const { certificate: cert, key } = cluster.pki.admin;
    this.#agent = new Agent({ cert, key, ca: cluster.caCertificate, keepAlive: true });
  }

  static async start(): Promise<Replay> {
    const clock = new ManualClock(Math.floor(Date.now() / 1000) * 1000);
    const starting = createEmbeddedCluster({ clock, controllers: true, kubelet: false, addons: false });
    let cluster: EmbeddedCluster | undefined;
    void starting.then((c) => {
      cluster = c;
    });
    while (!cluster) await clock.advance(tick);
    for (const [name, zone] of [
      ['node-1', 'a'],
      ['node-2', 'b'],
    ] as const) {
      const labels = {
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        'topology.kubernetes.io/zone': zone,
      };
      const made = await cluster.client.create(nodes, { metadata: { name, labels } });
      const resources = { cpu: '4', memory: '8Gi', pods: '110', 'ephemeral-storage': '100Gi' };
      const ready = { type: 'Ready', status: 'True', reason: 'x', message: 'y' };
      const written = await cluster.client.updateStatus(nodes, {
        ...made,
        status: { allocatable: resources, capacity: resources, conditions: [ready] },
      });
      await cluster.client.update(nodes, { ...written, spec: { ...written.spec, taints: undefined } });
    }
    const replay = new Replay(cluster, clock);
    for (const name of ['node-1', 'node-2']) await replay.#kubelet.renewLease(name);
    return replay;
  }

  async stop(): Promise<void> {
    this.#agent.destroy();
    await this.cluster.stop();
  }

  /**
   * Plays one scenario; returns what each of its snapshots shows. `linger`: seconds that pass before the last one
   * (the recorder played other scenarios meanwhile).
   */
  async play(scenario: Recorded, linger = 0): Promise<SnapshotResult[]> {
    const results: SnapshotResult[] = [];
    const bound = new Map<string, string>();
    for (const step of scenario.steps) {
      if (step.kubelet) this.#kubelet.set(step.namespace ?? '', step.kubelet);
      if (step.sleep) await this.#pass(step.sleep * 1000);
      if (step.do) await this.#do(step.do, step.refused, bound);
      if (step.wait && step.until) await this.#wait(fill(step.wait, bound), step.until);
      if (step.snapshot !== undefined && step === scenario.steps.at(-1)) await this.#pass(linger * 1000);
      if (step.snapshot !== undefined) results.push(await this.#snapshot(step, bound));
    }
    return results;
  }

  async #pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += tick) await this.#clock.advance(tick);
  }

  async #do(call: NonNullable<Step['do']>, refused: string | undefined, bound: Map<string, string>): Promise<void> {
    this.#bindOwners(call.body, bound);
    const body = call.body === undefined ? undefined : JSON.parse(fill(JSON.stringify(call.body), bound));
    let path = fill(call.path, bound);
    if (call.method === 'DELETE' && /\/pods\/.*-[a-z0-9]{5}$/.test(path)) path = await this.#samePod(path);
    const answer = await this.#request(call.method, path, body, call.contentType);
    const unserved =
      answer.status === 404 && JSON.stringify(answer.body).includes('could not find the requested resource');
    if (refused === undefined && answer.status >= 400 && !unserved) {
      throw new Error(`${call.method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    }
    const made = answer.body as { kind?: string; metadata?: { name?: string; uid?: string } };
    if (call.method === 'POST' && made.metadata?.uid)
      this.#made.set(`${made.kind}/${made.metadata.name}`, made.metadata.uid);
    await this.#clock.advance(1);
  }

  /** The recording's uids of owners that an earlier step made. */
  #bindOwners(body: unknown, bound: Map<string, string>): void {
    const { metadata } = (body ?? {}) as {
      metadata?: { ownerReferences?: { kind: string; name: string; uid: string }[] };
    };
    for (const { kind, name, uid } of metadata?.ownerReferences ?? []) {
      const here = this.#made.get(`${kind}/${name}`);
      if (here) bound.set(uid, here);
    }
  }

  /** A Pod with a generated name: ours of the same owner. */
  async #samePod(path: string): Promise<string> {
    const folder = path.slice(0, path.lastIndexOf('/'));
    const prefix = path.slice(folder.length + 1, -5);
    const { body } = await this.#request('GET', folder);
    const found = itemsOf(body).find((o) => nameOf(o).startsWith(prefix));
    return found ? `${folder}/${nameOf(found)}` : path;
  }

  async #wait(path: string, until: string): Promise<void> {
    const test = conditionOf(until);
    for (let passed = 0; passed < longestWait; passed += tick) {
      const { body, status } = await this.#request('GET', path);
      if (status < 400 && test(body)) return;
      await this.#clock.advance(tick);
    }
    const { body } = await this.#request('GET', path);
    throw new Error(`never: ${until} of ${path}: ${JSON.stringify(body).slice(0, 3000)}`);
  }

  async #snapshot(step: Step, bound: Map<string, string>): Promise<SnapshotResult> {
    const actual: Json[] = [];
    for (const path of step.paths ?? []) {
      const { body, status } = await this.#request('GET', fill(path, bound));
      if (status < 400) actual.push(...itemsOf(body));
    }
    bindUids(step.objects ?? [], actual, bound);
    let missing: string[] = [];
    if (step.events && step.eventsOf) {
      const { body } = await this.#request('GET', `/api/v1/namespaces/${step.eventsOf}/events`);
      missing = missingEvents(step.events, itemsOf(body));
    }
    const objects = (step.objects ?? []).filter((o) => o !== null);
    return { label: step.snapshot ?? '', differences: compareObjects(objects, actual), missingEvents: missing };
  }

  #request(
    method: string,
    path: string,
    body?: unknown,
    contentType = 'application/json',
  ): Promise<{ status: number; body: Json }> {
    const bytes = Buffer.from(body === undefined ? '' : JSON.stringify(body));
    return new Promise((resolve, reject) => {
      const call = request(
        this.cluster.url + path,
        {
          method,
          agent: this.#agent,
          headers: { 'Content-Type': contentType, 'Content-Length': bytes.length, 'User-Agent': 'recorder' },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              body: JSON.parse(Buffer.concat(chunks).toString() || '{}') as Json,
            }),
          );
        },
      );
      call.on('error', reject);
      call.end(bytes);
    });
  }
}

function itemsOf(body: Json): Json[] {
  const { items, kind, apiVersion } = body as { items?: Json[]; kind?: string; apiVersion?: string };
  if (!items) return [body];
  return items.map((item) => ({ apiVersion, kind: kind?.replace(/List$/, ''), ...item }));
}

function nameOf(object: Json): string {
  return (object.metadata as { name?: string } | undefined)?.name ?? '';
}

function fill(text: string, bound: Map<string, string>): string {
  return text.replace(/\{\{\w+:\d+\}\}/g, (placeholder) => bound.get(placeholder) ?? placeholder);
}

/** Learns what the recording's uids are here, from objects of the same name. */
function bindUids(expected: readonly unknown[], actual: readonly Json[], bound: Map<string, string>): void {
  for (const object of expected) {
    const { metadata } = (object ?? {}) as { metadata?: { name?: string; uid?: string } };
    const here = actual.find((o) => nameOf(o) === metadata?.name);
    const uid = (here?.metadata as { uid?: string } | undefined)?.uid;
    if (metadata?.uid?.startsWith('{{') && uid) bound.set(metadata.uid, uid);
  }
}
