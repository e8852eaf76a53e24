import { errorText } from '../../kernel/errors.ts';
import type { PrintedObject } from '../../kube/tables.ts';
import type { LabsAccess } from '../access.ts';
import type { Command } from '../bindings.ts';
import { keyOf } from '../keys.ts';
import type { Store } from '../store.ts';
import { treeOf } from './tree.ts';

/** How often the tree is drawn while much happens, milliseconds. */
const drawEvery = 100;

/** What keys do while the cluster of a lab is looked at. */
export class ClusterVerbs {
  readonly #store: Store;
  readonly #access: LabsAccess;
  #following: AbortController | undefined;

  constructor(store: Store, access: LabsAccess) {
    this.#store = store;
    this.#access = access;
  }

  /** Shows the cluster of the lab on screen, and follows it until `close`. */
  open(): void {
    const { lab } = this.#store.get();
    if (!lab?.cluster || lab.phase !== 'active') return this.#say('there is no cluster to look at');
    const { signal } = this.#follow();
    const { dispatch } = this.#store;
    dispatch({ type: 'openCluster' });
    let newest: readonly PrintedObject[] | undefined;
    const onObjects = (objects: readonly PrintedObject[]) => {
      const isDue = newest !== undefined;
      newest = objects;
      if (isDue) return;
      setTimeout(() => {
        if (!signal.aborted) dispatch({ type: 'cluster', change: { objects: newest ?? [] } });
        newest = undefined;
      }, drawEvery).unref();
    };
    const onHealth = (error: Error | undefined) => {
      if (!signal.aborted) dispatch({ type: 'cluster', change: { trouble: error ? errorText(error).what : '' } });
    };
    this.#access.objects(lab, { onObjects, onHealth, signal }).catch(onHealth);
  }

  close(): void {
    this.#following?.abort();
    this.#store.dispatch({ type: 'closeCluster' });
  }

  move(by: number): void {
    const objects = shownObjects(this.#store);
    const at = Math.max(
      0,
      objects.findIndex(({ uid }) => uid === this.#store.get().cluster?.chosen),
    );
    const next = objects[Math.max(0, Math.min(objects.length - 1, at + by))];
    if (next) this.#store.dispatch({ type: 'cluster', change: { chosen: next.uid } });
  }

  run(command: Command): void {
    const { cluster } = this.#store.get();
    if (command === 'all') return this.#store.dispatch({ type: 'cluster', change: { all: !cluster?.all } });
    const objects = shownObjects(this.#store);
    const object = objects.find(({ uid }) => uid === cluster?.chosen) ?? objects[0];
    if (!object) return this.#say('there is nothing to look at yet');
    const args = argsOf(command, object);
    if (!args)
      return this.#say(
        command === 'logs' ? 'only Pods have logs' : `this key does nothing here; ${keyOf('keys')} shows the keys`,
      );
    void this.#show(object, args);
  }

  async #show({ resource, name }: PrintedObject, args: readonly string[]): Promise<void> {
    const { dispatch, get } = this.#store;
    const { lab } = get();
    if (!lab) return;
    const command = `kubectl ${args.join(' ')}`;
    const title = `${resource.kind} ${name}`;
    dispatch({ type: 'overlay', overlay: { kind: 'output', title, command, text: '…', scroll: 0 } });
    try {
      const text = await this.#access.kubectlText(lab, args);
      const { overlay } = get();
      // Something else may be shown by now.
      if (overlay?.kind !== 'output' || overlay.command !== command) return;
      dispatch({ type: 'overlay', overlay: { ...overlay, text: text || '(nothing)' } });
    } catch (error) {
      dispatch({ type: 'overlay', overlay: { kind: 'problem', ...errorText(error), scroll: 0 } });
    }
  }

  #follow(): AbortController {
    this.#following?.abort();
    this.#following = new AbortController();
    return this.#following;
  }

  #say(text: string): void {
    this.#store.dispatch({ type: 'notice', text });
  }
}

function shownObjects(store: Store): PrintedObject[] {
  const { cluster, lab } = store.get();
  if (!cluster || !lab) return [];
  return treeOf(cluster.objects, lab.namespace, cluster.all).flatMap(({ rows }) => rows.map(({ object }) => object));
}

/** What kubectl is asked about an object; undefined: nothing can be. */
function argsOf(command: Command, { resource, name, namespace }: PrintedObject): string[] | undefined {
  const kind = resource.group ? `${resource.resource}.${resource.group}` : resource.resource;
  const where = namespace === undefined ? [] : ['-n', namespace];
  switch (command) {
    case 'describe':
      return ['describe', kind, name, ...where];
    case 'yaml':
      return ['get', kind, name, ...where, '-o', 'yaml'];
    case 'events':
      return ['events', '--for', `${kind}/${name}`, ...where];
    case 'logs':
      return resource.kind === 'Pod'
        ? ['logs', name, ...where, '--all-containers', '--prefix', '--tail=200']
        : undefined;
    default:
      return undefined;
  }
}
