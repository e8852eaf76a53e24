/** Runs admission plugins on one write, as the registry does. */

import { isApiError } from '../../../src/embedded/errors/status.ts';
import type { AdmissionAttributes, AdmissionPlugin } from '../../../src/embedded/registry/admission.ts';
import { ManualClock } from '../../../src/kernel/clock.ts';
import type { KubeObject, Stored } from '../../../src/kube/meta.ts';
import type { Memory } from '../rbac/memory.ts';

export interface Write {
  /** `pods`, `deployments.apps`; default: the kind in lower case with an s. */
  resource?: string;
  operation?: AdmissionAttributes['operation'];
  subresource?: string;
  namespace?: string;
  name?: string;
  object?: KubeObject;
  old?: Stored;
  user?: AdmissionAttributes['user'];
}

/** What came of it: the object after the plugins, the warnings, and the message, code and causes of a refusal. */
export function admit(plugins: readonly AdmissionPlugin[], memory: Memory, write: Write) {
  const warnings: string[] = [];
  const object = structuredClone(write.object);
  const kind = (object ?? write.old)?.kind ?? '';
  const [resource = '', group = ''] = (write.resource ?? `${kind.toLowerCase()}s`).split(/\.(.*)/s);
  const attributes: AdmissionAttributes = {
    definition: { group, version: 'v1', resource, kind } as AdmissionAttributes['definition'],
    operation: write.operation ?? (write.old ? 'UPDATE' : 'CREATE'),
    subresource: write.subresource,
    namespace: write.namespace ?? object?.metadata?.namespace,
    name: write.name,
    object,
    oldObject: write.old,
    user: write.user ?? { name: 'admin', groups: ['system:masters'] },
    dryRun: false,
    clock: new ManualClock(),
    warn: (text) => void warnings.push(text),
    read: (r, namespace, name) => memory.read(r, namespace, name),
    listAll: (r, namespace) => memory.listAll(r, namespace),
    definitions: () => [],
    updateStatus: () => undefined,
  };
  try {
    for (const plugin of plugins) plugin.mutate?.(attributes);
    for (const plugin of plugins) plugin.validate?.(attributes);
  } catch (error) {
    if (!isApiError(error)) throw error;
    return { message: error.message, code: error.status.code, details: error.status.details, warnings, object };
  }
  return { message: '', code: 0, details: undefined, warnings, object };
}
