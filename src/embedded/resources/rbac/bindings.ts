/** What RoleBindings and ClusterRoleBindings share. */
import type { ClusterRoleBinding, RoleBinding, RoleRef, Subject } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { roleBindings } from '../../../kube/resources.ts';
import { dnsSubdomain, pathSegment } from '../../../kube/validation.ts';
import type { FieldError, Strategy } from '../../definition.ts';
import * as field from '../../errors/field.ts';
import { age } from '../printing/common.ts';

type Binding = RoleBinding | ClusterRoleBinding;

const apiGroup = roleBindings.group;

/** The strategy of a binding that may refer to `roleKinds`. */
export function bindingStrategy<T extends Binding>(roleKinds: readonly string[], namespaced: boolean): Strategy<T> {
  return {
    nameRule: 'path-segment',
    defaults(binding) {
      if (binding.roleRef && !binding.roleRef.apiGroup) binding.roleRef.apiGroup = apiGroup;
      for (const subject of binding.subjects ?? []) {
        if (!subject.apiGroup && (subject.kind === 'User' || subject.kind === 'Group')) subject.apiGroup = apiGroup;
      }
    },
    validate: (binding) => [
      ...validateRoleRef(binding.roleRef, roleKinds),
      ...(binding.subjects ?? []).flatMap((subject, i) =>
        validateSubject(subject, namespaced, field.path('subjects').index(i)),
      ),
    ],
    validateUpdate(binding, old) {
      const { apiGroup: APIGroup, kind: Kind, name: Name } = binding.roleRef;
      return field.sameJson(binding.roleRef, old.roleRef)
        ? []
        : [field.invalid('roleRef', { APIGroup, Kind, Name }, 'cannot change roleRef')];
    },
  };
}

function validateRoleRef(ref: RoleRef | undefined, roleKinds: readonly string[]): FieldError[] {
  const at = field.path('roleRef');
  const errors: FieldError[] = [];
  if (ref?.apiGroup !== apiGroup)
    errors.push(field.notSupported(at.child('apiGroup'), ref?.apiGroup ?? '', [apiGroup]));
  if (!roleKinds.includes(ref?.kind ?? '')) {
    errors.push(field.notSupported(at.child('kind'), ref?.kind ?? '', roleKinds));
  }
  if (!ref?.name) errors.push(field.required(at.child('name')));
  else errors.push(...field.invalidEach(at.child('name'), ref.name, pathSegment(ref.name)));
  return errors;
}

function validateSubject(subject: Subject, namespaced: boolean, at: field.FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  if (!subject.name) errors.push(field.required(at.child('name')));
  switch (subject.kind) {
    case 'ServiceAccount':
      if (subject.name) errors.push(...field.invalidEach(at.child('name'), subject.name, dnsSubdomain(subject.name)));
      if (subject.apiGroup) errors.push(field.notSupported(at.child('apiGroup'), subject.apiGroup, ['']));
      if (!namespaced && !subject.namespace) errors.push(field.required(at.child('namespace')));
      break;
    case 'User':
    case 'Group':
      if (subject.apiGroup !== apiGroup) {
        errors.push(field.notSupported(at.child('apiGroup'), subject.apiGroup ?? '', [apiGroup]));
      }
      break;
    default:
      errors.push(field.notSupported(at.child('kind'), subject.kind ?? '', ['ServiceAccount', 'User', 'Group']));
  }
  return errors;
}

/** Name, role, age; wide: users, groups and service accounts. */
export function bindingCells(binding: Stored<Binding>, now: number): unknown[] {
  const subjects = (kind: string, text: (subject: Subject) => string) =>
    (binding.subjects ?? [])
      .filter((subject) => subject.kind === kind)
      .map(text)
      .join(', ');
  return [
    binding.metadata.name,
    `${binding.roleRef.kind}/${binding.roleRef.name}`,
    age(binding.metadata.creationTimestamp, now),
    subjects('User', (s) => s.name),
    subjects('Group', (s) => s.name),
    subjects('ServiceAccount', (s) => `${s.namespace ?? ''}/${s.name}`),
  ];
}
