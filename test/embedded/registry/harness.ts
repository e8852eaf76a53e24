import type { ResourceDefinition } from '../../../src/embedded/definition.ts';
import type { RequestContext, WatchEvent, WatchRequest } from '../../../src/embedded/registry/types.ts';
import type { KubeObject, Resource, Stored } from '../../../src/kube/meta.ts';
import { startControlPlane } from '../../helpers/control-plane.ts';

export const admin = { name: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] };

/** The API without transport and components, with the namespace `ns`. Time stands still until it is moved. */
export async function apiServer() {
  const { clock, client, registry, store } = await startControlPlane({ namespaces: ['ns'] });
  const definition = (r: Resource): ResourceDefinition => {
    const d = registry.definition(r);
    if (!d) throw new Error(`no ${r.resource}`);
    return d;
  };
  const warnings: string[] = [];
  const context = (more: Partial<RequestContext> = {}): RequestContext => ({
    user: admin,
    fieldManager: 'test',
    dryRun: false,
    fieldValidation: 'Warn',
    warn: (text) => void warnings.push(text),
    ...more,
  });
  /** Collects a watch's events as `TYPE name@rv`; `stop` ends it. */
  const watch = (r: Resource, request: WatchRequest) => {
    const events: WatchEvent[] = [];
    const abort = new AbortController();
    registry.watch(definition(r), request, (event) => void events.push(event), abort.signal);
    return { events, stop: () => abort.abort() };
  };
  return { clock, client, registry, store, definition, context, warnings, watch };
}

export const configMap = (name: string, more: Partial<KubeObject['metadata']> = {}, data?: Record<string, string>) => ({
  metadata: { name, namespace: 'ns', ...more },
  data,
});

export const pod = (name: string, spec: object = {}) => ({
  metadata: { name, namespace: 'ns' },
  spec: { containers: [{ name: 'c', image: 'nginx' }], ...spec },
});

export const names = (items: readonly Stored[]) => items.map((item) => item.metadata.name);

export function shown(event: WatchEvent): string {
  if (event.type === 'ERROR') return `ERROR ${event.status.code}`;
  if (event.type === 'BOOKMARK') return event.initialEventsEnd ? 'BOOKMARK end' : 'BOOKMARK';
  return `${event.type} ${event.object.metadata.name}`;
}
