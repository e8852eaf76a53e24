import type { CSIDriver } from '../../kube/api.gen.ts';
import { csiDrivers } from '../../kube/resources.ts';
import type { FieldError } from '../definition.ts';
import * as field from '../errors/field.ts';
import { defineResource } from './define.ts';
import { age } from './printing/common.ts';

const lifecycleModes = ['Ephemeral', 'Persistent'];
const groupPolicies = ['ReadWriteOnceWithFSType', 'File', 'None'];
const driverNameLimit = 63;

function validate({ metadata, spec }: CSIDriver): FieldError[] {
  const at = field.path('spec');
  const errors: FieldError[] = [];
  if ((metadata?.name ?? '').length > driverNameLimit) errors.push(field.tooLong('metadata.name', driverNameLimit));
  for (const name of ['attachRequired', 'podInfoOnMount', 'storageCapacity'] as const) {
    if (spec[name] === undefined) errors.push(field.required(at.child(name)));
  }
  const policy = spec.fsGroupPolicy;
  if (policy === undefined) errors.push(field.required(at.child('fsGroupPolicy')));
  else if (!groupPolicies.includes(policy)) {
    errors.push(field.notSupported(at.child('fsGroupPolicy'), policy, groupPolicies));
  }
  const audiences = new Set<string>();
  for (const [i, { audience, expirationSeconds }] of (spec.tokenRequests ?? []).entries()) {
    const where = at.child('tokenRequests').index(i);
    if (audiences.has(audience)) errors.push(field.duplicate(where.child('audience'), audience));
    audiences.add(audience);
    if (expirationSeconds === undefined) continue;
    const path = where.child('expirationSeconds');
    if (expirationSeconds < 600)
      errors.push(field.invalid(path, expirationSeconds, 'may not specify a duration less than 10 minutes'));
    if (expirationSeconds > 2 ** 32)
      errors.push(field.invalid(path, expirationSeconds, 'may not specify a duration larger than 2^32 seconds'));
  }
  for (const mode of spec.volumeLifecycleModes ?? []) {
    if (!lifecycleModes.includes(mode)) {
      errors.push(field.notSupported(at.child('volumeLifecycleModes'), mode, lifecycleModes));
    }
  }
  return errors;
}

export const csiDriverResource = defineResource<CSIDriver>({
  ...csiDrivers,
  strategy: {
    defaults(driver) {
      driver.spec ??= {};
      const spec = driver.spec;
      spec.attachRequired ??= true;
      spec.podInfoOnMount ??= false;
      spec.storageCapacity ??= false;
      spec.requiresRepublish ??= false;
      spec.seLinuxMount ??= false;
      spec.fsGroupPolicy ??= 'ReadWriteOnceWithFSType';
      if ((spec.volumeLifecycleModes ?? []).length === 0) spec.volumeLifecycleModes = ['Persistent'];
    },
    validate,
    validateUpdate: (driver, old) =>
      (['attachRequired', 'volumeLifecycleModes'] as const).flatMap((name) =>
        field.immutable(`spec.${name}`, driver.spec[name], old.spec[name]),
      ),
  },
  cells: (driver, now) => [
    driver.metadata.name,
    driver.spec.attachRequired ?? true,
    driver.spec.podInfoOnMount ?? false,
    driver.spec.storageCapacity ?? false,
    (driver.spec.tokenRequests ?? []).map(({ audience }) => audience).join(',') || '<unset>',
    driver.spec.requiresRepublish ?? false,
    (driver.spec.volumeLifecycleModes ?? []).join(',') || '<none>',
    age(driver.metadata.creationTimestamp, now),
  ],
});
