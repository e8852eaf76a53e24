import type { Resource } from '../../kube/meta.ts';
import * as resources from '../../kube/resources.ts';
import type { Trace } from './reader.ts';

/** An object that is not there, or its namespace. Resolves when that has been reported. */
export async function traceMissing(
  t: Trace,
  resource: Resource,
  namespace: string | undefined,
  name: string,
): Promise<void> {
  const kind = resource.kind.toLowerCase();
  if (namespace !== undefined && !(await t.reader.get(resources.namespaces, undefined, namespace))) {
    const command = `kubectl get namespace ${namespace}`;
    const fact = `there is no namespace ${namespace}`;
    return t.chain.add({ kind: 'missing', fact, command, shows: [`"${namespace}" not found`] });
  }
  t.chain.add({
    kind: 'missing',
    fact: `there is no ${resource.kind} ${name}${namespace ? ` in namespace ${namespace}` : ''}`,
    command: `kubectl get ${kind} ${name}${namespace ? ` -n ${namespace}` : ''}`,
    shows: [`"${name}" not found`],
  });
}
