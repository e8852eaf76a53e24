/** Which names a definition gets: those that no other definition of its group has (the naming controller). */
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionCondition,
  CustomResourceDefinitionNames,
} from '../../kube/api.gen.ts';
import { quote, sameJson } from '../errors/field.ts';

export interface Naming {
  acceptedNames: CustomResourceDefinitionNames;
  namesAccepted: CustomResourceDefinitionCondition;
  established: CustomResourceDefinitionCondition;
}

/** @param others the other definitions of the same group */
export function nameDefinition(crd: CustomResourceDefinition, others: readonly CustomResourceDefinition[]): Naming {
  const taken = others.map((other) => other.status?.acceptedNames);
  const resources = new Set(taken.flatMap((names) => [names?.plural, names?.singular, ...(names?.shortNames ?? [])]));
  const kinds = new Set(taken.flatMap((names) => [names?.kind, names?.listKind]));
  const wanted = crd.spec.names;
  const accepted: CustomResourceDefinitionNames = { ...(crd.status?.acceptedNames ?? { kind: '', plural: '' }) };
  let conflict: { reason: string; message: string } | undefined;
  const claim = (name: 'plural' | 'singular' | 'kind' | 'listKind', used: ReadonlySet<string | undefined>) => {
    const value = wanted[name] ?? '';
    if (value !== (accepted[name] ?? '') && used.has(value)) {
      const title = name.charAt(0).toUpperCase() + name.slice(1);
      conflict = { reason: `${title}Conflict`, message: `${quote(value)} is already in use` };
    } else accepted[name] = value;
  };
  claim('plural', resources);
  claim('singular', resources);
  if (!sameJson(wanted.shortNames, accepted.shortNames)) {
    const used = (wanted.shortNames ?? []).filter(
      (name) => !accepted.shortNames?.includes(name) && resources.has(name),
    );
    if (used.length > 0) {
      const messages = used.map((name) => `${quote(name)} is already in use`);
      conflict = {
        reason: 'ShortNamesConflict',
        message: messages.length === 1 ? (messages[0] ?? '') : `[${messages.join(', ')}]`,
      };
    } else accepted.shortNames = wanted.shortNames;
  }
  claim('kind', kinds);
  claim('listKind', kinds);
  accepted.categories = wanted.categories;
  const namesAccepted = conflict
    ? { type: 'NamesAccepted', status: 'False', ...conflict }
    : { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' };
  return { acceptedNames: accepted, namesAccepted, established: establish(crd, conflict === undefined) };
}

/** Once established a definition stays so, whatever becomes of its names. */
function establish(crd: CustomResourceDefinition, accepted: boolean): CustomResourceDefinitionCondition {
  const type = 'Established';
  const old = crd.status?.conditions?.find((condition) => condition.type === type);
  if (old?.status === 'True') return old;
  if (accepted) {
    const message = 'the initial names have been accepted';
    return { type, status: 'True', reason: 'InitialNamesAccepted', message };
  }
  return old ?? { type, status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' };
}
