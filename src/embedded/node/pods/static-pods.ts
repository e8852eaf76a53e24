/** Static Pods: the kubelet watches a folder, runs what is in it and shows it to the API server as mirror Pods. */
import type { Timer } from '../../../kernel/clock.ts';
import type { Node, Pod } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { pods } from '../../../kube/resources.ts';
import { isFault } from '../../errors/background.ts';
import { reasonOf } from '../../errors/status.ts';
import { mirrorAnnotation } from '../../mirror-pod.ts';
import type { NodeFiles } from '../machine/files.ts';
import type { NodeServices } from '../services.ts';
import { readManifest } from './manifest.ts';
import { PodWorker } from './pod-worker.ts';

/** The kubelet's fileCheckFrequency: until then a file that was broken keeps what it was before. */
const listEvery = 20_000;
/** How soon a mirror is tried again that could not be created. */
const retryEvery = 10_000;

export interface StaticPodsOptions {
  services: NodeServices;
  files: NodeFiles;
  /** Every Pod that the kubelet works on, by uid. */
  workers: Map<string, PodWorker>;
  node(): Stored<Node> | undefined;
  /** The Pod of that name as the API server has it. */
  stored(namespace: string, name: string): Stored<Pod> | undefined;
  /** A line of the kubelet's log. */
  log(severity: 'I' | 'E', where: string, message: string, values: Record<string, string | string[]>): void;
}

/** One static Pod: by its full name there is only one at a time. */
interface Entry {
  pod: Stored<Pod>;
  worker: PodWorker;
}

/** A Pod that a file asks for, with what it was read from: the file may be broken by now. */
interface Wanted {
  pod: Stored<Pod>;
  text: string;
}

export class StaticPods {
  readonly #options: StaticPodsOptions;
  /** What runs or is on its way out, by namespace/name. */
  readonly #running = new Map<string, Entry>();
  /** What the files ask for, by path. */
  #wanted = new Map<string, Wanted>();
  #texts = new Map<string, string>();
  #folder: string | undefined;
  #stopWatching: (() => void) | undefined;
  #ticker: Timer | undefined;
  #retry: Timer | undefined;

  constructor(options: StaticPodsOptions) {
    this.#options = options;
  }

  /** Runs what is in `folder` (undefined: nothing) from now on. */
  start(folder: string | undefined): void {
    this.#folder = folder;
    this.#texts = new Map();
    this.#list();
    this.#stopWatching = this.#options.files.on(() => this.#changed());
    this.#tick();
    // What shows them may have gone while nobody looked.
    for (const key of this.#running.keys()) void this.#reconcile(key);
  }

  /** Leaves everything as it is. */
  stop(): void {
    this.#stopWatching?.();
    this.#ticker?.cancel();
    this.#retry?.cancel();
  }

  /** The API server's picture of a static Pod came, changed or is gone. */
  mirrorSeen(pod: Stored<Pod>): void {
    void this.#reconcile(keyOf(pod));
  }

  /** Mirrors of this node that are of no static Pod any more. */
  async dropOrphans(mirrors: readonly Stored<Pod>[]): Promise<void> {
    for (const mirror of mirrors) await this.#reconcile(keyOf(mirror));
  }

  #tick(): void {
    this.#ticker = this.#options.services.clock.after(listEvery, () => {
      this.#list();
      this.#tick();
    });
  }

  /** What inotify tells: files that can be read are taken over, the others keep what they were. */
  #changed(): void {
    const before = this.#wanted;
    this.#wanted = new Map();
    for (const [path, text] of this.#read()) {
      const known = before.get(path);
      if (known && this.#texts.get(path) === text) this.#wanted.set(path, known);
      else if (this.#texts.get(path) === text) continue;
      else {
        try {
          this.#take(path, text, known);
        } catch (error) {
          if (known) this.#wanted.set(path, known);
          const why = `can't process config file "${path}": ${(error as Error).message}`;
          this.#options.log('E', 'file.go:150', 'Unable to process watch event', { err: why });
        }
      }
      this.#texts.set(path, text);
    }
    for (const path of this.#texts.keys()) if (!this.#entryIsFile(path)) this.#texts.delete(path);
    this.#sync();
  }

  /** Reads the whole folder: what can't be read is no Pod. */
  #list(): void {
    const before = this.#wanted;
    this.#wanted = new Map();
    for (const [path, text] of this.#read()) {
      try {
        this.#take(path, text, before.get(path));
      } catch (error) {
        this.#options.log('E', 'file.go:187', 'Could not process manifest file', {
          err: (error as Error).message,
          path,
        });
      }
      this.#texts.set(path, text);
    }
    this.#sync();
  }

  /** A manifest that says the same as before is the same Pod, seen at the same time. */
  #take(path: string, text: string, known: Wanted | undefined): void {
    if (known?.text === text) return void this.#wanted.set(path, known);
    const { nodeName, clock } = this.#options.services;
    const pod = readManifest(path, text, nodeName, clock);
    this.#wanted.set(path, { pod: known?.pod.metadata.uid === pod.metadata.uid ? known.pod : pod, text });
  }

  /** The manifests by path, in the order of their names; what begins with a dot is none. */
  #read(): [path: string, text: string][] {
    const { files } = this.#options;
    const folder = this.#folder;
    if (folder === undefined) return [];
    const single = files.text(folder);
    if (single !== undefined) return [[folder, single]];
    return files
      .names(folder)
      .filter((name) => !name.startsWith('.'))
      .flatMap((name): [string, string][] => {
        const path = `${folder.replace(/\/+$/, '')}/${name}`;
        const text = files.text(path);
        return text === undefined ? [] : [[path, text]];
      });
  }

  #entryIsFile(path: string): boolean {
    return this.#options.files.text(path) !== undefined;
  }

  /** Ends what nobody asks for any more and starts what is missing. */
  #sync(): void {
    const wanted = new Map<string, Stored<Pod>>();
    for (const { pod } of this.#wanted.values()) if (!wanted.has(keyOf(pod))) wanted.set(keyOf(pod), pod);
    for (const [key, { pod, worker }] of this.#running) {
      if (wanted.get(key)?.metadata.uid !== pod.metadata.uid) this.#end(pod, worker);
    }
    for (const [key, pod] of wanted) if (!this.#running.has(key)) this.#begin(key, pod);
  }

  #begin(key: string, pod: Stored<Pod>): void {
    const { services, workers } = this.#options;
    const { uid } = pod.metadata;
    // What ran before a restart of the node goes on counting.
    const mirror = this.#mirror(pod);
    const known = mirror && hashOf(mirror) === uid ? { ...pod, status: mirror.status } : pod;
    const worker = new PodWorker(services, known, () => this.#gone(key, uid), {
      object: () => {
        const now = this.#mirror(pod);
        return now && hashOf(now) === uid ? now : undefined;
      },
      ended: () => {
        worker.remove();
        return Promise.resolve();
      },
    });
    workers.set(uid, worker);
    this.#running.set(key, { pod, worker });
    this.#options.log('I', 'kubelet.go:2544', 'SyncLoop ADD', { source: 'file', pods: [keyOf(pod)] });
    void this.#reconcile(key);
  }

  #end(pod: Stored<Pod>, worker: PodWorker): void {
    const { clock } = this.#options.services;
    if (worker.pod.metadata.deletionTimestamp) return;
    const seconds = pod.spec?.terminationGracePeriodSeconds ?? 30;
    const now = new Date(clock.now()).toISOString();
    const metadata = { ...worker.pod.metadata, deletionTimestamp: now, deletionGracePeriodSeconds: seconds };
    this.#options.log('I', 'kubelet.go:2560', 'SyncLoop REMOVE', { source: 'file', pods: [keyOf(pod)] });
    worker.update({ ...worker.pod, metadata });
  }

  /** Its containers have ended: the next one of that name may begin. */
  #gone(key: string, uid: string): void {
    this.#options.workers.delete(uid);
    if (this.#running.get(key)?.pod.metadata.uid === uid) this.#running.delete(key);
    void this.#reconcile(key);
    this.#sync();
  }

  /** Brings the mirror of that name to what it should be: one of another hash, or one being deleted, goes at once. */
  async #reconcile(key: string): Promise<void> {
    const { services } = this.#options;
    const entry = this.#running.get(key);
    const cut = key.indexOf('/');
    const mirror = this.#options.stored(key.slice(0, cut), key.slice(cut + 1));
    try {
      const fits = entry && mirror && hashOf(mirror) === entry.pod.metadata.uid && !mirror.metadata.deletionTimestamp;
      if (mirror && !fits) {
        if (hashOf(mirror) === undefined) return;
        const { name, namespace, uid } = mirror.metadata;
        await services.client.delete(pods, namespace, name, { gracePeriodSeconds: 0, preconditions: { uid } });
      }
      if (!entry || fits || entry.worker.pod.metadata.deletionTimestamp) return;
      await this.#create(entry);
    } catch (error) {
      if (reasonOf(error) === 'NotFound' && mirror) return;
      if (isFault(error)) services.report(error, 'a mirror Pod');
      this.#options.log('E', 'kubelet.go:3311', 'Failed creating a mirror pod', {
        err: (error as Error).message,
        pod: key,
      });
      this.#tryLater();
    }
  }

  #tryLater(): void {
    this.#retry?.cancel();
    this.#retry = this.#options.services.clock.after(retryEvery, () => {
      for (const other of this.#running.keys()) void this.#reconcile(other);
    });
  }

  async #create({ pod, worker }: Entry): Promise<void> {
    const { services, node } = this.#options;
    const owner = node();
    // The Node may be gone with all of a cluster whose etcd has begun anew, until it is registered once more.
    if (!owner) return this.#tryLater();
    const { uid, resourceVersion: _, creationTimestamp: __, ...metadata } = pod.metadata;
    const mirror: Pod = {
      ...pod,
      metadata: {
        ...metadata,
        annotations: { ...metadata.annotations, [mirrorAnnotation]: uid },
        ownerReferences: [
          { apiVersion: 'v1', kind: 'Node', name: owner.metadata.name, uid: owner.metadata.uid, controller: true },
        ],
      },
    };
    await services.client.create(pods, mirror).catch((error: unknown) => {
      if (reasonOf(error) !== 'AlreadyExists') throw error;
    });
    worker.reportStatus();
  }

  #mirror({ metadata: { namespace = '', name } }: Stored<Pod>): Stored<Pod> | undefined {
    return this.#options.stored(namespace, name);
  }
}

const keyOf = ({ metadata: { namespace, name } }: Stored<Pod>) => `${namespace}/${name}`;

const hashOf = ({ metadata }: Stored<Pod>) => metadata.annotations?.[mirrorAnnotation];
