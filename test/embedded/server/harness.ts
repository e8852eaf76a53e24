import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { Aggregator } from '../../../src/embedded/aggregation/aggregator.ts';
import { InProcessClient } from '../../../src/embedded/client/client.ts';
import type { NodeAgent } from '../../../src/embedded/node-api.ts';
import { createManagedFields, createPatcher } from '../../../src/embedded/patch/index.ts';
import { createPki, type Pki } from '../../../src/embedded/pki/pki.ts';
import { authenticationReviewHandlers } from '../../../src/embedded/rbac/token-review.ts';
import type { AuthorizationAttributes, Authorizer } from '../../../src/embedded/rbac/types.ts';
import { GenericRegistry } from '../../../src/embedded/registry/registry.ts';
import type { CreateHandler } from '../../../src/embedded/registry/types.ts';
import { defineResource } from '../../../src/embedded/resources/define.ts';
import { type ApiServer, createApiServer } from '../../../src/embedded/server/api-server.ts';
import { createTokenAuthenticator } from '../../../src/embedded/server/authn/service-account-tokens.ts';
import { tokenRequestHandler } from '../../../src/embedded/server/authn/token-request.ts';
import type { MemoryBudget } from '../../../src/embedded/server/memory-budget.ts';
import { Store } from '../../../src/embedded/store/store.ts';
import { type Clock, systemClock } from '../../../src/kernel/clock.ts';
import type { KubeObject, Resource } from '../../../src/kube/meta.ts';

/** A server over the real registry with kinds that have no behaviour of their own: what is tested here is above them. */
export interface Harness {
  server: ApiServer;
  pki: Pki;
  client: InProcessClient;
  /** What the authorizer was asked, newest last. */
  asked: AuthorizationAttributes[];
  faults: unknown[];
  create(r: Resource, object: KubeObject): Promise<KubeObject>;
  close(): Promise<void>;
}

export interface HarnessOptions {
  clock?: Clock;
  /** Default: everything is allowed. */
  allow?(attributes: AuthorizationAttributes): boolean;
  agents?: Record<string, NodeAgent>;
  budget?: MemoryBudget;
}

export async function startHarness(options: HarnessOptions = {}): Promise<Harness> {
  const { clock = systemClock } = options;
  const pki = createPki(systemClock);
  const store = new Store({ clock });
  const handlers = new Map<string, CreateHandler>();
  const core = ['configmaps', 'namespaces', 'nodes', 'pods', 'secrets', 'serviceaccounts'];
  const definitions = [
    ...core.map((resource) => defineResource({ group: '', version: 'v1', resource, strategy: {} })),
    ...['tokenreviews', 'selfsubjectreviews'].map((resource) =>
      defineResource({ group: 'authentication.k8s.io', version: 'v1', resource, strategy: {}, review: true }),
    ),
  ];
  const registry = new GenericRegistry({
    store,
    definitions,
    admission: [],
    patcher: createPatcher(),
    managedFields: createManagedFields(),
    handlers,
    clock,
  });
  const { reader } = registry;
  const tokens = createTokenAuthenticator(pki.serviceAccounts, reader, clock);
  handlers.set('/serviceaccounts/token', tokenRequestHandler({ key: pki.serviceAccounts, reader, clock }));
  const authenticateToken = async (token: string, audiences: readonly string[]) => tokens.review(token, audiences);
  for (const [key, handler] of Object.entries(authenticationReviewHandlers({ clock, authenticateToken }))) {
    handlers.set(key, handler);
  }
  const asked: AuthorizationAttributes[] = [];
  const authorizer: Authorizer = {
    authorize(attributes) {
      asked.push(attributes);
      return { allowed: options.allow?.(attributes) ?? true, reason: '' };
    },
    rulesFor: () => ({ rules: [], errors: [] }),
  };
  const faults: unknown[] = [];
  const server = await createApiServer({
    registry,
    reader,
    authorizer,
    aggregator: new Aggregator({
      ...{ reader, clock, dial: (_, port) => connected(port), frontProxy: pki.admin },
      definitions: () => registry.definitions(),
    }),
    nodeAgent: (name) => options.agents?.[name],
    // Pods listen on this machine.
    dial: (_, port) => connected(port),
    clock,
    pki,
    ...(options.budget && { budget: options.budget }),
    report: (error) => faults.push(error),
  });
  const client = new InProcessClient(registry, {
    user: { name: 'test', groups: ['system:masters'] },
    fieldManager: 'test',
  });
  return {
    server,
    pki,
    client,
    asked,
    faults,
    create: (r, object) => client.create(r, object),
    close: () => server.close(),
  };
}

/** Rejects with the system's error. */
function connected(port: number): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port }, () => resolve(socket));
    socket.once('error', reject);
  });
}
