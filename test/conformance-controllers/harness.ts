import { type Answer, People } from '../../scripts/conformance/client.ts';
import { type Bindings, fill } from '../../scripts/conformance/placeholders.ts';
import { createEmbeddedCluster, type EmbeddedCluster } from '../../src/embedded/cluster.ts';
import { ManualClock } from '../../src/kernel/clock.ts';
import { nodes } from '../../src/kube/resources.ts';
import { FakeKubelet, type Mode } from './fake-kubelet.ts';
import { pythonTest } from './python.ts';
import type { Request, Scenario } from './recording.ts';
import { compareEvents, compareObjects } from './snapshot.ts';

type Json = Record<string, unknown>;

const stepMs = 100;
const patienceMs = 300_000;

/** A cluster without kubelets whose time the scenarios move, and the one who plays the kubelets. */
export class Harness {
  readonly #cluster: EmbeddedCluster;
  readonly #clock: ManualClock;
  readonly #people: People;
  readonly #kubelet: FakeKubelet;

  private constructor(cluster: EmbeddedCluster, clock: ManualClock) {
    this.#cluster = cluster;
    this.#clock = clock;
    this.#people = new People(cluster.url, cluster.caCertificate, { admin: cluster.pki.admin });
    this.#kubelet = new FakeKubelet(cluster);
  }

  static async start(): Promise<Harness> {
    // Certificates are judged by the machine's time.
    const clock = new ManualClock(Date.now());
    return new Harness(await createEmbeddedCluster({ clock, kubelet: false }), clock);
  }

  async stop(): Promise<void> {
    this.#people.close();
    await this.#cluster.stop();
  }

  /**
   * Makes the nodes of the recording's scenario `nodes`. What the node controllers do there, which this cluster's
   * kubelets do themselves, is done here.
   */
  async nodes({ steps }: Scenario): Promise<void> {
    const bindings: Bindings = new Map();
    for (const step of steps) {
      if (!('do' in step) || !/\/nodes(\/[\w-]+\/status)?$/.test(step.do.path)) continue;
      await this.#send(step.do, bindings);
    }
    for (const { metadata } of this.#cluster.context.informers.of(nodes).list()) {
      this.#kubelet.keepAlive(metadata.name, true);
      await this.#cluster.client.patch(nodes, undefined, metadata.name, 'merge', { spec: { taints: null } });
    }
  }

  /** Lets time pass in small steps. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= stepMs) {
      await this.#clock.advance(Math.min(stepMs, left));
      await settle();
    }
  }

  /** Plays the steps in order; what differs from the recording, each with its snapshot's name. */
  async play({ scenario, steps }: Scenario, options: { anyNode: boolean; longSleep?: number }): Promise<string[]> {
    const bindings: Bindings = new Map();
    const differences: string[] = [];
    for (const step of steps) {
      if ('do' in step) {
        const answer = await this.#send(step.do, bindings);
        if (step.refused !== undefined) {
          if (!answer.text.includes(JSON.stringify(step.refused).slice(1, -1))) {
            differences.push(`${step.do.path}: not refused as recorded: ${answer.text.slice(0, 300)}`);
          }
        } else if (answer.status >= 300) throw new Error(`${scenario}: ${step.do.path}: ${answer.text}`);
      } else if ('wait' in step) await this.#wait(step.wait, step.until);
      else if ('sleep' in step) await this.pass((options.longSleep ?? step.sleep) * 1000);
      else if ('kubelet' in step) this.#kubelet.set(step.namespace, step.kubelet as Mode);
      else if ('lease' in step) this.#kubelet.keepAlive(step.node, step.lease === 'renewed');
      else if ('snapshot' in step) {
        await settle();
        const comparison = { bindings, anyNode: options.anyNode };
        const found = (await Promise.all(step.paths.map((path) => this.#read(path)))).flat();
        const named = (text: string) => `${step.snapshot}: ${text}`;
        differences.push(...compareObjects(step.objects ?? [], found, comparison).map(named));
        if (step.eventsOf) {
          const events = await this.#read(`/api/v1/namespaces/${step.eventsOf}/events`);
          differences.push(...compareEvents(step.events ?? [], events, comparison).map(named));
        }
      } else throw new Error(`unknown step ${JSON.stringify(step)}`);
    }
    return differences;
  }

  async #send(request: Request, bindings: Bindings): Promise<Answer> {
    const { method, contentType = 'application/json' } = request;
    const path = fill(request.path, bindings);
    const body = request.body === undefined ? undefined : JSON.stringify(await this.#owners(request, bindings));
    const headers = body === undefined ? {} : { 'Content-Type': contentType };
    return this.#people.call({ as: 'admin', method, path, headers, ...(body !== undefined && { body }) });
  }

  /** Answers of requests are not recorded: the uids of owners in a body are found by their names. */
  async #owners({ path, body }: Request, bindings: Bindings): Promise<unknown> {
    const { metadata } = body as { metadata?: { ownerReferences?: { name: string; uid: string }[] } };
    for (const { name, uid } of metadata?.ownerReferences ?? []) {
      if (!uid.startsWith('{{') || bindings.has(uid)) continue;
      const answer = await this.#people.call({ as: 'admin', method: 'GET', path: `${path}/${name}` });
      const owner = JSON.parse(answer.text) as { metadata?: { uid?: string } };
      bindings.set(uid, owner.metadata?.uid);
    }
    return fill(body, bindings);
  }

  async #wait(path: string, until: string): Promise<void> {
    const test = pythonTest(until);
    for (let waited = 0; ; waited += stepMs) {
      const answer = await this.#people.call({ as: 'admin', method: 'GET', path });
      if (test(JSON.parse(answer.text))) return;
      if (waited > patienceMs) throw new Error(`never: ${until} of ${path}: ${answer.text.slice(-1500)}`);
      await this.pass(stepMs);
    }
  }

  /** The object at `path`, or the items of the list there. */
  async #read(path: string): Promise<Json[]> {
    const answer = await this.#people.call({ as: 'admin', method: 'GET', path });
    const object = JSON.parse(answer.text) as Json & { items?: Json[]; apiVersion?: string; kind?: string };
    if (!object.items) return [object];
    const { apiVersion, kind = '' } = object;
    return object.items.map((item) => ({ apiVersion, kind: kind.replace(/List$/, ''), ...item }));
  }
}

async function settle(): Promise<void> {
  for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve));
}
