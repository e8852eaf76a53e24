import { namespaces } from '../../kube/resources.ts';
import { forbidden, notFound } from '../errors/status.ts';
import type { AdmissionAttributes, AdmissionPlugin } from '../registry/admission.ts';

const immortal = ['default', 'kube-system', 'kube-public'];

/** Refuses the end of the system's namespaces, and new content in namespaces that are ending or don't exist. */
export const namespaceLifecycle: AdmissionPlugin = {
  name: 'NamespaceLifecycle',
  mutate(attributes) {
    const { definition, operation, name = '', namespace } = attributes;
    const isNamespace = definition.group === '' && definition.resource === namespaces.resource;
    if (operation === 'DELETE') {
      if (isNamespace && !attributes.subresource && immortal.includes(name)) {
        throw forbidden(namespaces, name, 'this namespace may not be deleted');
      }
      return;
    }
    if (operation === 'CONNECT' || isNamespace || !namespace || isAccessReview(attributes)) return;
    const found = attributes.read(namespaces, undefined, namespace);
    if (!found) throw notFound(namespaces, namespace);
    if (operation !== 'CREATE' || found.status?.phase !== 'Terminating') return;
    const metadata = attributes.object?.metadata;
    throw forbidden(
      definition,
      name || metadata?.name || metadata?.generateName || 'Unknown',
      `unable to create new content in namespace ${namespace} because it is being terminated`,
      [
        {
          reason: 'NamespaceTerminating',
          message: `namespace ${namespace} is being terminated`,
          field: 'metadata.namespace',
        },
      ],
    );
  },
};

function isAccessReview({ definition }: AdmissionAttributes): boolean {
  return definition.group === 'authorization.k8s.io' && definition.resource === 'localsubjectaccessreviews';
}
