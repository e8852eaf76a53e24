import { createEmbeddedCluster, type EmbeddedCluster } from '../../../src/embedded/cluster.ts';
import { ManualClock } from '../../../src/kernel/clock.ts';
import { type Answer, People } from '../client.ts';
import { type Bindings, fill } from '../placeholders.ts';
import { FakeKubelet, type Mode } from './fake-kubelet.ts';
import { pythonTest } from './python.ts';
import type { Request, Scenario, Snapshot, Step } from './recording.ts';
import { compareSnapshots } from './snapshot.ts';

type Json = Record<string, unknown>;
type Metadata = { name?: string; uid?: string; resourceVersion?: string };

/** What a snapshot, or the refusal of a request, showed: nothing in `differences` means that it is as recorded. */
export interface Observation {
  name: string;
  differences: string[];
}

const stepMs = 100;

/** Certificates are judged by the machine's time, CronJobs by its minutes: always from the middle of one on. */
const startTime = (now: number) => now - (now % 60_000) - 30_000;

const patienceMs = 400_000;

/** Scenarios that were read more than a minute later, while others ran: their sleeps in seconds. */
const longSleeps: Readonly<Record<string, number>> = { cronjob: 65 };

/** A cluster without kubelets whose time the scenarios move, and the one who plays the kubelets. */
export class Harness {
  readonly #cluster: EmbeddedCluster;
  readonly #clock: ManualClock;
  readonly #people: People;
  readonly #kubelet: FakeKubelet;
  /** What the last request wrote: what is read in the same moment has not been touched by anybody else. */
  #written: { uid: string; object: Json } | undefined;

  private constructor(cluster: EmbeddedCluster, clock: ManualClock) {
    this.#cluster = cluster;
    this.#clock = clock;
    this.#people = new People(cluster.url, cluster.caCertificate, { admin: cluster.pki.admin });
    this.#kubelet = new FakeKubelet(cluster);
  }

  static async start(): Promise<Harness> {
    const clock = new ManualClock(startTime(Date.now()));
    const harness = new Harness(await createEmbeddedCluster({ clock, kubelet: false }), clock);
    // What components do first of all is done.
    await harness.pass(stepMs);
    return harness;
  }

  async stop(): Promise<void> {
    this.#people.close();
    await this.#cluster.stop();
  }

  /** Lets time pass in small steps. */
  async pass(ms: number): Promise<void> {
    this.#written = undefined;
    for (let left = ms; left > 0; left -= stepMs) {
      await this.#clock.advance(Math.min(stepMs, left));
      await settle();
    }
  }

  /** Plays the steps in order and compares what is seen with what was recorded. */
  async play({ scenario, steps }: Scenario): Promise<Observation[]> {
    const bindings: Bindings = new Map();
    const seen: Observation[] = [];
    for (const [index, step] of steps.entries()) {
      try {
        const observation = await this.#step(step, bindings, longSleeps[scenario]);
        if (observation) seen.push(observation);
      } catch (error) {
        // What comes later depends on it.
        const missed = steps.slice(index).flatMap((s) => nameOf(s) ?? []);
        const why = error instanceof Error ? error.message : String(error);
        return [...seen, ...missed.map((name) => ({ name, differences: [`not reached: ${why}`] }))];
      }
    }
    return seen;
  }

  async #step(step: Step, bindings: Bindings, longSleep?: number): Promise<Observation | undefined> {
    if ('do' in step) return this.#do(step.do, step.refused, bindings);
    if ('wait' in step) await this.#wait(step.wait, step.until);
    else if ('sleep' in step) await this.pass((longSleep ?? step.sleep) * 1000);
    else if ('kubelet' in step) this.#kubelet.set(step.namespace, step.kubelet as Mode);
    else if ('lease' in step) this.#kubelet.keepAlive(step.node, step.lease === 'renewed');
    else if ('snapshot' in step) return this.#look(step, bindings);
    else throw new Error(`unknown step ${JSON.stringify(step)}`);
    return undefined;
  }

  async #do(request: Request, refused: string | undefined, bindings: Bindings): Promise<Observation | undefined> {
    const answer = await this.#send(request, bindings);
    if (refused !== undefined) {
      const said = answer.text.includes(JSON.stringify(refused).slice(1, -1));
      const differences = said ? [] : [`not refused as recorded: ${answer.text.slice(0, 300)}`];
      return { name: `refusal of ${request.path}`, differences };
    }
    if (answer.status >= 300) throw new Error(`${request.path}: ${answer.text}`);
    const created = JSON.parse(answer.text) as Json & { metadata?: Metadata };
    this.#written = created.metadata?.uid === undefined ? undefined : { uid: created.metadata.uid, object: created };
    // The nodes of the recording renew their leases unless it says otherwise.
    const { kind, metadata } = (request.body ?? {}) as { kind?: string; metadata?: { name?: string } };
    if (kind === 'Node' && metadata?.name) this.#kubelet.keepAlive(metadata.name, true);
    return undefined;
  }

  async #look(step: Snapshot, bindings: Bindings): Promise<Observation> {
    await settle();
    const found = (await Promise.all(step.paths.map((path) => this.#read(path)))).flat();
    const events = step.eventsOf ? await this.#read(`/api/v1/namespaces/${step.eventsOf}/events`) : undefined;
    const recorded = { objects: step.objects ?? [], events: events && (step.events ?? []) };
    const differences = compareSnapshots(recorded, { objects: found, events }, bindings);
    return { name: step.snapshot, differences };
  }

  async #send(request: Request, bindings: Bindings): Promise<Answer> {
    const { method, contentType = 'application/json' } = request;
    const path = fill(request.path, bindings);
    const body = request.body === undefined ? undefined : JSON.stringify(await this.#bound(request, bindings));
    const headers = body === undefined ? {} : { 'Content-Type': contentType };
    return this.#people.call({ as: 'admin', method, path, headers, ...(body !== undefined && { body }) });
  }

  /** Answers of requests are not recorded: uids and versions in a body are found by the names of the objects. */
  async #bound({ path, body }: Request, bindings: Bindings): Promise<unknown> {
    const { metadata } = body as { metadata?: Metadata & { ownerReferences?: Metadata[] } };
    for (const owner of metadata?.ownerReferences ?? []) await this.#bind(`${path}/${owner.name}`, owner, bindings);
    // Of an update's body, a subresource's too.
    if (metadata?.resourceVersion) await this.#bind(path.replace(/\/(status|approval)$/, ''), metadata, bindings);
    return fill(body, bindings);
  }

  async #bind(path: string, { uid, resourceVersion }: Metadata, bindings: Bindings): Promise<void> {
    const unknown = [uid, resourceVersion].some((text) => text?.startsWith('{{') && !bindings.has(text));
    if (!unknown) return;
    const answer = await this.#people.call({ as: 'admin', method: 'GET', path });
    const found = (JSON.parse(answer.text) as { metadata?: Metadata }).metadata;
    if (uid) bindings.set(uid, found?.uid);
    if (resourceVersion) bindings.set(resourceVersion, found?.resourceVersion);
  }

  async #wait(path: string, until: string): Promise<void> {
    const test = pythonTest(until);
    for (let waited = 0; ; waited += stepMs) {
      const answer = await this.#people.call({ as: 'admin', method: 'GET', path });
      const object = JSON.parse(answer.text) as Json & { metadata?: Metadata };
      if (test(object)) {
        // Somebody has come to it already.
        if (object.metadata?.uid !== this.#written?.uid || !test(this.#written?.object)) this.#written = undefined;
        return;
      }
      if (waited > patienceMs) throw new Error(`never: ${until} of ${path}: ${answer.text.slice(-1500)}`);
      await this.pass(stepMs);
    }
  }

  /** The object at `path`, or the items of the list there. */
  async #read(path: string): Promise<Json[]> {
    const answer = await this.#people.call({ as: 'admin', method: 'GET', path });
    const object = JSON.parse(answer.text) as Json & { items?: Json[]; apiVersion?: string; kind?: string };
    const { apiVersion, kind = '' } = object;
    const items = object.items?.map((item) => ({ apiVersion, kind: kind.replace(/List$/, ''), ...item }));
    return (items ?? [object]).map((item: Json) => {
      const { uid } = (item.metadata ?? {}) as Metadata;
      return this.#written && uid === this.#written.uid ? this.#written.object : item;
    });
  }
}

/** What a step would show. */
function nameOf(step: Step): string | undefined {
  if ('snapshot' in step) return step.snapshot;
  return 'do' in step && step.refused !== undefined ? `refusal of ${step.do.path}` : undefined;
}

async function settle(): Promise<void> {
  for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve));
}
