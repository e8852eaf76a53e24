import type { ControllerRevision } from '../../kube/api.gen.ts';
import { controllerRevisions } from '../../kube/resources.ts';
import type { FieldError } from '../definition.ts';
import * as field from '../errors/field.ts';
import { defineResource } from './define.ts';
import { age, none } from './printing/common.ts';

const validateRevision = (revision: ControllerRevision): FieldError[] =>
  (revision.revision ?? 0) < 0
    ? [field.invalid('revision', revision.revision, 'must be greater than or equal to 0')]
    : [];

/** `daemonset.apps/ds1`, or `<none>`. */
function controller(revision: ControllerRevision): string {
  const owner = (revision.metadata?.ownerReferences ?? []).find((o) => o.controller);
  if (owner === undefined) return none;
  const group = owner.apiVersion.includes('/') ? `.${owner.apiVersion.slice(0, owner.apiVersion.indexOf('/'))}` : '';
  return `${owner.kind.toLowerCase()}${group}/${owner.name}`;
}

export const controllerRevisionResource = defineResource<ControllerRevision>({
  ...controllerRevisions,
  strategy: {
    validate: (revision) => [
      ...validateRevision(revision),
      ...(revision.data === undefined || revision.data === null ? [field.required('data')] : []),
    ],
    validateUpdate: (revision, old) => field.immutable('data', revision.data, old.data),
    updateErrorsFirst: true,
  },
  cells: (revision, now) => [
    revision.metadata.name,
    controller(revision),
    revision.revision,
    age(revision.metadata.creationTimestamp, now),
  ],
});
