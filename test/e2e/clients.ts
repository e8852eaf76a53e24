/** Independent clients of one cluster, behind one interface: what they say can be compared. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import {
  ApiException,
  AuthorizationV1Api,
  CoreV1Api,
  Exec,
  KubeConfig,
  type KubernetesObject,
  KubernetesObjectApi,
  PatchStrategy,
  Watch,
} from '@kubernetes/client-node';
import { Kubectl } from './lab.ts';
import type { Sandbox } from './sandbox.ts';

export interface Wire extends KubernetesObject {
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever came
  [field: string]: any;
}

/** Which object, or which objects. */
export interface Ref {
  apiVersion: string;
  kind: string;
  name?: string;
  namespace: string;
}

/** The server said no. */
export class Refused extends Error {}

export interface Client {
  create(object: Wire, options?: { dryRun?: boolean }): Promise<Wire>;
  read(ref: Ref): Promise<Wire>;
  /** Names, in the order of the list. */
  list(ref: Ref, selector?: { labels?: string; fields?: string }): Promise<string[]>;
  replace(object: Wire): Promise<Wire>;
  patch(ref: Ref, type: 'merge' | 'strategic', patch: Wire): Promise<Wire>;
  /** Server-side apply. */
  apply(object: Wire, manager: string, force?: boolean): Promise<Wire>;
  remove(ref: Ref, cascade?: 'orphan' | 'foreground'): Promise<void>;
  logs(namespace: string, pod: string): Promise<string>;
  exec(namespace: string, pod: string, command: string[]): Promise<{ output: string; code: number }>;
  mayI(verb: string, resource: string, namespace: string, user: string): Promise<boolean>;
  /** Changes in order, as `ADDED name`, those before first; ends with `last`. `during` begins once `first` was seen. */
  watch(ref: Ref, first: string, last: string, during: () => Promise<unknown>): Promise<string[]>;
}

const group = ({ apiVersion }: Ref) => (apiVersion.includes('/') ? `.${apiVersion.split('/')[0]}` : '');
const version = ({ apiVersion }: Ref) => apiVersion.split('/').at(-1) ?? '';
/** `deployments.v1.apps`: kubectl finds it whatever else has the name. */
const typeOf = (ref: Ref) =>
  group(ref) ? `${ref.kind.toLowerCase()}s.${version(ref)}${group(ref)}` : `${ref.kind.toLowerCase()}s`;

export class KubectlClient implements Client {
  readonly #kubectl: Kubectl;

  constructor(user: Sandbox, kubeconfig: string, file: string) {
    this.#kubectl = new Kubectl(user, kubeconfig, file);
  }

  create(object: Wire, { dryRun = false } = {}) {
    return this.#object(['create', '-f', '-', ...(dryRun ? ['--dry-run=server'] : [])], object);
  }

  read(ref: Ref) {
    return this.#object(['get', typeOf(ref), ref.name ?? '', '-n', ref.namespace]);
  }

  async list(ref: Ref, { labels, fields }: { labels?: string; fields?: string } = {}) {
    const select = [...(labels ? ['-l', labels] : []), ...(fields ? ['--field-selector', fields] : [])];
    const { items } = await this.#object(['get', typeOf(ref), '-n', ref.namespace, ...select]);
    return items.map(({ metadata }: Wire) => metadata?.name);
  }

  replace(object: Wire) {
    return this.#object(['replace', '-f', '-'], object);
  }

  patch(ref: Ref, type: string, patch: Wire) {
    const how = ['--type', type, '-p', JSON.stringify(patch)];
    return this.#object(['patch', typeOf(ref), ref.name ?? '', '-n', ref.namespace, ...how]);
  }

  apply(object: Wire, manager: string, force = false) {
    const how = ['--server-side', `--field-manager=${manager}`, ...(force ? ['--force-conflicts'] : [])];
    return this.#object(['apply', '-f', '-', '--show-managed-fields', ...how], object);
  }

  async remove(ref: Ref, cascade?: 'orphan' | 'foreground') {
    const how = [...(cascade ? [`--cascade=${cascade}`] : []), '--wait=false'];
    await this.#run(['delete', typeOf(ref), ref.name ?? '', '-n', ref.namespace, ...how]);
  }

  logs(namespace: string, pod: string) {
    return this.#run(['logs', pod, '-n', namespace]);
  }

  async exec(namespace: string, pod: string, command: string[]) {
    const { stdout, code } = await this.#kubectl.try(['exec', pod, '-n', namespace, '--', ...command]);
    return { output: stdout, code };
  }

  async mayI(verb: string, resource: string, namespace: string, user: string) {
    const { stdout } = await this.#kubectl.try(['auth', 'can-i', verb, resource, '-n', namespace, `--as=${user}`]);
    return stdout.trim() === 'yes';
  }

  async watch(ref: Ref, first: string, last: string, during: () => Promise<unknown>) {
    const columns = 'custom-columns=TYPE:.type,NAME:.object.metadata.name';
    const args = [
      'get',
      typeOf(ref),
      '-n',
      ref.namespace,
      '--watch',
      '--output-watch-events',
      '--no-headers',
      '-o',
      columns,
    ];
    const child = spawn(this.#kubectl.file, args, { env: this.#kubectl.env, stdio: ['ignore', 'pipe', 'inherit'] });
    const seen = new Changes(first, last, during);
    createInterface(child.stdout).on('line', (line) => seen.add(line.trim().replace(/ +/, ' ')));
    try {
      return await seen.all;
    } finally {
      child.kill();
      await once(child, 'exit');
    }
  }

  async #object(args: string[], input?: Wire): Promise<Wire> {
    return JSON.parse(await this.#run([...args, '-o', 'json'], input)) as Wire;
  }

  async #run(args: string[], input?: Wire): Promise<string> {
    const { code, stdout, stderr } = await this.#kubectl.try(args, input && { input: JSON.stringify(input) });
    if (code !== 0) throw new Refused(stderr);
    return stdout;
  }
}

/** @kubernetes/client-node: the object API, and typed clients where that has nothing. */
export class LibraryClient implements Client {
  readonly #config = new KubeConfig();
  readonly #objects: KubernetesObjectApi;

  constructor(kubeconfig: string) {
    this.#config.loadFromFile(kubeconfig);
    this.#objects = KubernetesObjectApi.makeApiClient(this.#config);
  }

  create(object: Wire, { dryRun = false } = {}) {
    return said(this.#objects.create<Wire>(object, undefined, dryRun ? 'All' : undefined));
  }

  read(ref: Ref) {
    return said(this.#objects.read<Wire>(headerOf(ref)));
  }

  async list({ apiVersion, kind, namespace }: Ref, { labels, fields }: { labels?: string; fields?: string } = {}) {
    const list = await said(
      this.#objects.list<Wire>(apiVersion, kind, namespace, undefined, undefined, undefined, fields, labels),
    );
    return list.items.map(({ metadata }) => metadata?.name ?? '');
  }

  replace(object: Wire) {
    return said(this.#objects.replace<Wire>(object));
  }

  patch(ref: Ref, type: 'merge' | 'strategic', patch: Wire) {
    const strategy = type === 'merge' ? PatchStrategy.MergePatch : PatchStrategy.StrategicMergePatch;
    const header = headerOf(ref);
    const object = { ...header, ...patch, metadata: { ...patch.metadata, ...header.metadata } };
    return said(this.#objects.patch<Wire>(object, undefined, undefined, undefined, undefined, strategy));
  }

  apply(object: Wire, manager: string, force = false) {
    const strategy = PatchStrategy.ServerSideApply;
    return said(this.#objects.patch<Wire>(object, undefined, undefined, manager, force, strategy));
  }

  async remove(ref: Ref, cascade?: 'orphan' | 'foreground') {
    const policy = cascade && (cascade === 'orphan' ? 'Orphan' : 'Foreground');
    await said(this.#objects.delete(headerOf(ref), undefined, undefined, undefined, undefined, policy));
  }

  logs(namespace: string, name: string) {
    return said(this.#config.makeApiClient(CoreV1Api).readNamespacedPodLog({ namespace, name }));
  }

  async exec(namespace: string, pod: string, command: string[]) {
    const stdout = new PassThrough();
    const chunks: Buffer[] = [];
    stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    const { containers = [] } = (await this.read({ apiVersion: 'v1', kind: 'Pod', name: pod, namespace })).spec;
    return new Promise<{ output: string; code: number }>((resolve, reject) => {
      const exec = new Exec(this.#config);
      const { name } = containers[0];
      const ended = exec.exec(namespace, pod, name, command, stdout, null, null, false, ({ details }) => {
        resolve({ output: String(Buffer.concat(chunks)), code: Number(details?.causes?.[0]?.message ?? 0) });
      });
      ended.catch(reject);
    });
  }

  async mayI(verb: string, resource: string, namespace: string, user: string) {
    const spec = { user, groups: ['system:authenticated'], resourceAttributes: { verb, resource, namespace } };
    const api = this.#config.makeApiClient(AuthorizationV1Api);
    return (await said(api.createSubjectAccessReview({ body: { spec } }))).status?.allowed ?? false;
  }

  async watch({ apiVersion, kind, namespace }: Ref, first: string, last: string, during: () => Promise<unknown>) {
    const root = apiVersion.includes('/') ? '/apis' : '/api';
    const path = `${root}/${apiVersion}/namespaces/${namespace}/${kind.toLowerCase()}s`;
    const seen = new Changes(first, last, during);
    const watch = await new Watch(this.#config).watch(
      path,
      {},
      (type, object: Wire) => seen.add(`${type} ${object.metadata?.name}`),
      (error) => error && seen.fail(error),
    );
    try {
      return await seen.all;
    } finally {
      watch.abort();
    }
  }
}

/** What a watch tells, until its last line. */
class Changes {
  readonly all: Promise<string[]>;
  readonly #seen: string[] = [];
  readonly #ended = Promise.withResolvers<string[]>();
  readonly #first: string;
  readonly #last: string;
  readonly #during: () => Promise<unknown>;

  constructor(first: string, last: string, during: () => Promise<unknown>) {
    this.#first = first;
    this.#last = last;
    this.#during = during;
    this.all = this.#ended.promise;
  }

  add(change: string): void {
    this.#seen.push(change);
    if (change === this.#first) this.#during().catch((error: unknown) => this.fail(error));
    if (change === this.#last) this.#ended.resolve(this.#seen);
  }

  fail(error: unknown): void {
    this.#ended.reject(error);
  }
}

const headerOf = ({ apiVersion, kind, name = '', namespace }: Ref) => ({
  apiVersion,
  kind,
  metadata: { name, namespace },
});

async function said<T>(request: Promise<T>): Promise<T> {
  try {
    return await request;
  } catch (error) {
    if (!(error instanceof ApiException)) throw error;
    const { reason, message } = JSON.parse(String(error.body)) as { reason?: string; message?: string };
    throw new Refused(`(${reason}): ${message}`);
  }
}
