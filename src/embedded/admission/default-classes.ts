import type { Ingress, PersistentVolumeClaim } from '../../kube/api.gen.ts';
import type { KubeObject, Stored } from '../../kube/meta.ts';
import { ingressClasses, storageClasses } from '../../kube/resources.ts';
import type { AdmissionAttributes, AdmissionPlugin } from '../registry/admission.ts';
import { betaClassAnnotation } from '../resources/printing/storage.ts';
import { isDefaultClass } from '../resources/storage-classes.ts';
import { refusal } from './refuse.ts';

/** The youngest class wins; of equally old ones the first by name. */
const newestFirst = (a: Stored, b: Stored) =>
  Date.parse(b.metadata.creationTimestamp) - Date.parse(a.metadata.creationTimestamp) ||
  (a.metadata.name < b.metadata.name ? -1 : 1);

function created<T extends KubeObject>(
  attributes: AdmissionAttributes,
  group: string,
  resource: string,
): T | undefined {
  const { definition, operation, subresource, object } = attributes;
  const meant = definition.group === group && definition.resource === resource;
  return meant && operation === 'CREATE' && subresource === undefined ? (object as T | undefined) : undefined;
}

/** Gives claims that name no class the default one. */
export const defaultStorageClass: AdmissionPlugin = {
  name: 'DefaultStorageClass',
  mutate(attributes) {
    const claim = created<PersistentVolumeClaim>(attributes, '', 'persistentvolumeclaims');
    if (!claim || claim.spec?.storageClassName !== undefined) return;
    if (claim.metadata?.annotations?.[betaClassAnnotation] !== undefined) return;
    const [found] = attributes.listAll(storageClasses).filter(isDefaultClass).sort(newestFirst);
    if (found) claim.spec = { ...claim.spec, storageClassName: found.metadata.name };
  },
};

const defaultAnnotation = 'ingressclass.kubernetes.io/is-default-class';
const classAnnotation = 'kubernetes.io/ingress.class';

/** Gives Ingresses that name no class the default one, if there is only one. */
export const defaultIngressClass: AdmissionPlugin = {
  name: 'DefaultIngressClass',
  mutate(attributes) {
    const ingress = created<Ingress>(attributes, 'networking.k8s.io', 'ingresses');
    if (!ingress || ingress.spec?.ingressClassName !== undefined) return;
    if (ingress.metadata?.annotations?.[classAnnotation] !== undefined) return;
    const defaults = attributes
      .listAll(ingressClasses)
      .filter(({ metadata }) => metadata.annotations?.[defaultAnnotation] === 'true')
      .sort(newestFirst);
    const [found] = defaults;
    if (!found) return;
    if (defaults.length > 1) {
      throw refusal(attributes, `${defaults.length} default IngressClasses were found, only 1 allowed`);
    }
    ingress.spec = { ...ingress.spec, ingressClassName: found.metadata.name };
  },
};
