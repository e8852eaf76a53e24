import type { Pod } from '../../kube/api.gen.ts';
import { type ApiError, forbidden } from '../errors/status.ts';
import type { AdmissionAttributes } from '../registry/admission.ts';

/** admission.NewForbidden: `pods "x" is forbidden: <why>`; an object whose name is still to be created goes by generateName. */
export function refusal(attributes: AdmissionAttributes, why: string): ApiError {
  const metadata = attributes.object?.metadata ?? attributes.oldObject?.metadata;
  const name = attributes.name || metadata?.name || metadata?.generateName || 'Unknown';
  return forbidden(attributes.definition, name, why);
}

/** The Pod of a write to pods themselves (no subresource, unless named); undefined for everything else. */
export function podOf(attributes: AdmissionAttributes, subresource = ''): Pod | undefined {
  const { definition } = attributes;
  if (definition.group !== '' || definition.resource !== 'pods') return undefined;
  return (attributes.subresource ?? '') === subresource ? (attributes.object as Pod | undefined) : undefined;
}
