import { defaultAdmission } from '../../src/embedded/admission/index.ts';
import { InProcessClient } from '../../src/embedded/client/client.ts';
import { createManagedFields, createPatcher } from '../../src/embedded/patch/index.ts';
import { createPki } from '../../src/embedded/pki/pki.ts';
import { createAuthorizer } from '../../src/embedded/rbac/authorizer.ts';
import { bootstrapRbac } from '../../src/embedded/rbac/bootstrap.ts';
import { accessReviewHandlers } from '../../src/embedded/rbac/reviews.ts';
import { authenticationReviewHandlers } from '../../src/embedded/rbac/token-review.ts';
import type { Authorizer } from '../../src/embedded/rbac/types.ts';
import { GenericRegistry } from '../../src/embedded/registry/registry.ts';
import type { CreateHandler, ObjectReader } from '../../src/embedded/registry/types.ts';
import { createApiServer } from '../../src/embedded/server/api-server.ts';
import { createTokenAuthenticator } from '../../src/embedded/server/authn/service-account-tokens.ts';
import { tokenRequestHandler } from '../../src/embedded/server/authn/token-request.ts';
import { Store } from '../../src/embedded/store/store.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import type { Credentials } from './client.ts';
import * as resources from './definitions.ts';

export interface Target {
  url: string;
  ca: string;
  people: Record<string, Credentials>;
  compact(): void;
  close(): Promise<void>;
}

export async function startTarget(
  options: { port?: number; debug?: boolean; controllers?: boolean; kubelet?: boolean } = {},
): Promise<Target> {
  const clock = systemClock;
  const pki = createPki(clock);
  const store = new Store({ clock });
  const handlers = new Map<string, CreateHandler>();
  const admission: ReturnType<typeof defaultAdmission> = [];
  const registry = new GenericRegistry({
    store,
    definitions: resources.all,
    admission,
    patcher: createPatcher(),
    managedFields: createManagedFields(),
    handlers,
    clock,
  });
  const reader: ObjectReader = registry.reader;
  const authorizer: Authorizer = createAuthorizer({ reader, revision: () => store.revision });
  admission.push(...defaultAdmission(authorizer));
  const tokens = createTokenAuthenticator(pki.serviceAccounts, reader, clock);
  const authenticateToken = async (token: string, audiences: readonly string[]) => tokens.review(token, audiences);
  for (const [key, handler] of Object.entries({
    ...accessReviewHandlers(authorizer),
    ...authenticationReviewHandlers({ clock, authenticateToken }),
  }))
    handlers.set(key, handler);
  handlers.set('/serviceaccounts/token', tokenRequestHandler({ key: pki.serviceAccounts, reader, clock }));
  const client = new InProcessClient(registry, {
    user: { name: 'system:apiserver', groups: ['system:masters'] },
    fieldManager: 'kube-apiserver',
  });
  for (const name of ['default', 'kube-node-lease', 'kube-public', 'kube-system']) {
    await client.create(
      { group: '', version: 'v1', resource: 'namespaces', kind: 'Namespace', namespaced: false },
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
    );
  }
  for (const object of bootstrapRbac()) {
    const plural = `${(object.kind ?? '').toLowerCase()}s`;
    const d = registry.definition({ group: 'rbac.authorization.k8s.io', version: 'v1', resource: plural });
    if (d) await client.create(d, object);
  }
  const server = await createApiServer({
    registry,
    reader,
    authorizer,
    nodeAgent: () => undefined,
    clock,
    pki,
    port: options.port,
    report: (error, request) => console.error(request, error),
  });
  const people: Record<string, Credentials> = {
    admin: pki.admin,
    jane: pki.issueClient({ commonName: 'jane', organizations: ['dev'] }),
    bob: pki.issueClient({ commonName: 'bob' }),
  };
  return {
    url: server.url,
    ca: pki.ca.certificate,
    people,
    compact: () => store.compact(),
    close: () => server.close(),
  };
}
