/** Checks of the options of writes, in query and body alike. */
import type { DeleteOptions } from '../../kube/api.gen.ts';
import type { FieldError } from '../definition.ts';
import * as field from '../errors/field.ts';
import { invalid } from '../errors/status.ts';

type OptionsKind = 'CreateOptions' | 'UpdateOptions' | 'PatchOptions' | 'DeleteOptions' | 'ListOptions';

/** @throws 422 of options of this kind if there is an error */
export function refuseOptions(kind: OptionsKind, errors: FieldError[]): void {
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind }, '', errors);
}

/** The only dry run is one of everything. */
export function dryRunErrors(values: readonly string[]): FieldError[] {
  return values.some((value) => value !== 'All') ? [field.notSupported('dryRun', values, ['All'])] : [];
}

/** @throws 422 of DeleteOptions */
export function validateDeleteOptions(options: DeleteOptions): void {
  const errors: FieldError[] = [];
  const { orphanDependents, propagationPolicy } = options;
  const policies = ['Foreground', 'Background', 'Orphan'];
  if (orphanDependents !== undefined && propagationPolicy !== undefined) {
    errors.push(
      field.invalid(
        'propagationPolicy',
        propagationPolicy,
        'orphanDependents and deletionPropagation cannot be both set',
      ),
    );
  }
  if (propagationPolicy !== undefined && !policies.includes(propagationPolicy)) {
    errors.push(field.notSupported('propagationPolicy', propagationPolicy, [...policies, 'nil']));
  }
  errors.push(...dryRunErrors(options.dryRun ?? []));
  refuseOptions('DeleteOptions', errors);
}
