/** `kubectl describe`. Loaded late: few containers need it. */
import type { KubeObject } from '../../../../../kube/meta.ts';
import { type RestClient, StatusError } from '../../../api-client/client.ts';
import { type Flags, KubectlError } from '../../../api-client/flags.ts';
import { select } from '../change.ts';
import { type ApiResource, pathOf } from '../discovery.ts';
import { describeError } from '../errors.ts';
import { resolveTargets } from '../get.ts';
import { fetchAll, fetchObject } from './context.ts';
import { describerOf } from './describers.ts';
import { DescribeWriter } from './writer.ts';

/** An object to describe. One that was read already is not asked for again. */
interface Found {
  resource: ApiResource;
  namespace: string | undefined;
  name: string;
  object?: KubeObject;
}

export async function describe(client: RestClient, flags: Flags): Promise<number> {
  return new DescribeCommand(client, flags).run();
}

class DescribeCommand {
  readonly #client: RestClient;
  readonly #flags: Flags;
  readonly #errors: StatusError[] = [];
  /** No object had the name that was asked for; those whose names begin so are shown. */
  #byPrefix = false;

  constructor(client: RestClient, flags: Flags) {
    this.#client = client;
    this.#flags = flags;
  }

  get #everywhere(): boolean {
    return this.#flags.bool('all-namespaces');
  }

  async run(): Promise<number> {
    const { args } = this.#flags;
    if (args.length === 0 && !this.#flags.has('filename'))
      throw new KubectlError(
        `You must specify the type of resource to describe. Use "kubectl api-resources" for a complete list of supported resources.`,
      );
    const found = await this.#find();
    let printed = 0;
    for (const one of found) {
      const text = await this.#try(() => this.#text(one));
      if (text === undefined) continue;
      const between = printed++ === 0 ? '' : '\n\n';
      await this.#client.p.print(1, this.#byPrefix ? `${text}\n` : between + text);
    }
    if (found.length === 0 && this.#errors.length === 0)
      await this.#client.p.print(
        2,
        this.#everywhere
          ? 'No resources found\n'
          : `No resources found in ${this.#client.config.namespace} namespace.\n`,
      );
    for (const error of this.#errors) await this.#client.p.print(2, describeError(error));
    return this.#errors.length > 0 ? 1 : 0;
  }

  /** Runs one request; a failure is kept for the end, unless it is one that was there already. */
  async #try<T>(request: () => Promise<T>): Promise<T | undefined> {
    try {
      return await request();
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      if (!this.#errors.some(({ message }) => message === error.message)) this.#errors.push(error);
      return undefined;
    }
  }

  async #find(): Promise<Found[]> {
    const flags = this.#flags;
    if (flags.has('filename')) return this.#inFiles();
    const targets = await resolveTargets(this.#client, flags.args);
    const named = targets.some(({ names }) => names.length > 0);
    if (named && this.#everywhere)
      throw new KubectlError('a resource cannot be retrieved by name across all namespaces');
    if (named && flags.has('selector')) throw new KubectlError('name cannot be provided when a selector is specified');
    const found: Found[] = [];
    for (const { resource, names } of targets) {
      if (names.length === 0) found.push(...((await this.#try(() => this.#list(resource))) ?? []));
      for (const name of names) {
        const one = await this.#try(() => this.#get(resource, this.#client.config.namespace, name));
        if (one) found.push(one);
      }
    }
    const [missing] = this.#errors;
    const oneMissing = missing?.reason === 'NotFound' && this.#errors.length === 1;
    if (flags.args.length === 2 && oneMissing) return this.#similar(targets);
    return found;
  }

  /** What `describe TYPE PREFIX` shows when nothing has that very name; two TYPE/NAMEs get only the error. */
  async #similar(targets: Awaited<ReturnType<typeof resolveTargets>>): Promise<Found[]> {
    const [target] = targets;
    const [type = '', prefix = ''] = this.#flags.args;
    if (!target || type.includes('/')) return [];
    if (targets.length > 1) throw new KubectlError('you may only specify a single resource type');
    const similar = (await this.#list(target.resource)).filter(({ name }) => name.startsWith(prefix));
    if (similar.length > 0) {
      this.#errors.pop();
      this.#byPrefix = true;
    }
    return similar;
  }

  async #inFiles(): Promise<Found[]> {
    const found: Found[] = [];
    for (const { resource, namespace, name } of await select(this.#client, this.#flags, [])) {
      const one = await this.#try(() => this.#get(resource, namespace, name));
      if (one) found.push(one);
    }
    return found;
  }

  async #get(resource: ApiResource, namespace: string, name: string): Promise<Found> {
    const object = (await this.#client.json(pathOf(resource, namespace, name))) as unknown as KubeObject;
    return { resource, namespace: object.metadata?.namespace, name, object };
  }

  async #list(resource: ApiResource): Promise<Found[]> {
    const path = pathOf(resource, this.#everywhere ? undefined : this.#client.config.namespace);
    const objects = await fetchAll<KubeObject>(this.#context(resource), path, {
      labelSelector: this.#flags.get('selector'),
    });
    return objects.map(({ metadata: { name = '', namespace } = {} }) => ({ resource, namespace, name }));
  }

  #context(resource: ApiResource) {
    return {
      client: this.#client,
      resource,
      showEvents: this.#flags.get('show-events') !== 'false',
      now: this.#client.p.container.clock.now(),
      chunkSize: this.#flags.get('chunk-size') ?? '500',
    };
  }

  async #text({ resource, namespace, name, object }: Found): Promise<string> {
    const context = this.#context(resource);
    const current = object ?? (await fetchObject<KubeObject>(context, pathOf(resource, namespace, name)));
    const w = new DescribeWriter();
    await describerOf(resource.group, resource.kind)(w, current, context);
    return w.toString();
  }
}
