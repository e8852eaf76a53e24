import { join } from 'node:path';
import type { Clock } from '../../kernel/clock.ts';
import { defaultAdmission } from '../admission/index.ts';
import { followCustomResources } from '../apiextensions/lifecycle.ts';
import { InProcessClient } from '../client/client.ts';
import type { ObjectReader, ResourceDefinition } from '../definition.ts';
import { createManagedFields, createPatcher } from '../patch/index.ts';
import type { Pki } from '../pki/pki.ts';
import { createAuthorizer } from '../rbac/authorizer.ts';
import { accessReviewHandlers } from '../rbac/reviews.ts';
import { rbacRevision } from '../rbac/revision.ts';
import { authenticationReviewHandlers } from '../rbac/token-review.ts';
import type { Authorizer } from '../rbac/types.ts';
import { GenericRegistry } from '../registry/registry.ts';
import type { CreateHandler } from '../registry/types.ts';
import { resourceHandlers } from '../resources/handlers/index.ts';
import { createTokenAuthenticator } from '../server/authn/service-account-tokens.ts';
import { tokenRequestHandler } from '../server/authn/token-request.ts';
import { WriteAheadLog } from '../store/log.ts';
import { Store } from '../store/store.ts';

/** Everything of an API server but the transport. */
export interface ControlPlane {
  store: Store;
  registry: GenericRegistry;
  authorizer: Authorizer;
  /** As system:masters, field manager `kubedrill`. */
  client: InProcessClient;
  /** Whether the store held nothing before. */
  fresh: boolean;
  /** Waits until every write is on the disk and lets go of the files; later writes throw. */
  close(): Promise<void>;
}

export interface ControlPlaneOptions {
  clock: Clock;
  pki: Pki;
  definitions: readonly ResourceDefinition[];
  /** Handlers of subresources beyond tokens and reviews. */
  handlers?: Readonly<Record<string, CreateHandler>>;
  /** The cluster's folder; its log is kept in `wal`. Undefined: in memory only. */
  folder?: string;
}

const apiServer = { name: 'system:apiserver', groups: ['system:masters', 'system:authenticated'] };
const masters = { name: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] };

/** Throws an EnvironmentError if the folder's log is damaged or can't be opened. */
export function createControlPlane(options: ControlPlaneOptions): ControlPlane {
  const { clock, pki } = options;
  const opened = options.folder === undefined ? undefined : WriteAheadLog.open(join(options.folder, 'wal'));
  const store = new Store({ clock, journal: opened?.log });
  if (opened) {
    store.restore(opened.content);
    opened.log.compactFrom(() => ({ revision: store.revision, objects: store.all() }));
  }
  const fresh = store.revision === 1;
  // Authorization and admission read what the registry holds, which admission is a part of.
  const reader: ObjectReader = {
    read: (r, namespace, name) => registry.reader.read(r, namespace, name),
    listAll: (r, namespace) => registry.reader.listAll(r, namespace),
  };
  const authorizer = createAuthorizer({ reader, revision: rbacRevision(store) });
  const tokens = createTokenAuthenticator(pki.serviceAccounts, reader, clock);
  const handlers: Record<string, CreateHandler> = {
    ...accessReviewHandlers(authorizer),
    ...authenticationReviewHandlers({
      clock,
      authenticateToken: async (token, audiences) => tokens.review(token, audiences),
    }),
    '/serviceaccounts/token': tokenRequestHandler({ key: pki.serviceAccounts, reader, clock }),
    ...resourceHandlers(clock),
    ...options.handlers,
  };
  const registry = new GenericRegistry({
    store,
    definitions: options.definitions,
    admission: defaultAdmission(authorizer),
    patcher: createPatcher(),
    managedFields: createManagedFields(),
    handlers: new Map(Object.entries(handlers)),
    clock,
  });
  followCustomResources({
    store,
    reader: registry.reader,
    client: new InProcessClient(registry, { user: apiServer, fieldManager: 'kube-apiserver' }),
    serve: (definitions) => registry.setCustomDefinitions(definitions),
    clock,
  });
  return {
    store,
    registry,
    authorizer,
    client: new InProcessClient(registry, { user: masters, fieldManager: 'kubedrill' }),
    fresh,
    close: async () => opened?.log.close(),
  };
}
