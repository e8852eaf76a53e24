/** Validation of CustomResourceDefinitions, in the order and words of apiextensions-apiserver. */
import type {
  CustomResourceConversion,
  CustomResourceDefinition,
  CustomResourceDefinitionNames,
  CustomResourceDefinitionSpec,
  CustomResourceDefinitionVersion,
} from '../../kube/api.gen.ts';
import type { Stored } from '../../kube/meta.ts';
import { dns1035Label, dnsSubdomain } from '../../kube/validation.ts';
import type { FieldError, FieldPath } from '../errors/field.ts';
import * as field from '../errors/field.ts';
import { isTrue } from './conditions.ts';
import { goVersions, type InternalSpec, internalSpec } from './internal-form.ts';
import { hasDefault, schemaHas } from './schema.ts';
import { validateColumns, validateSelectableFields, validateSubresources } from './validate-extras.ts';
import { validateVersionSchema } from './validate-version-schema.ts';

const spec = field.path('spec');
const storedVersions = field.path('status', 'storedVersions');
const approval = 'api-approved.kubernetes.io';

/** All faults of a new definition but those of its metadata. */
export function validateDefinition(crd: CustomResourceDefinition): FieldError[] {
  const { names, group } = crd.spec;
  const name = crd.metadata?.name ?? '';
  const errors: FieldError[] = [];
  if (name !== '' && name !== `${names?.plural ?? ''}.${group}`) {
    errors.push(field.invalid('metadata.name', name, 'must be spec.names.plural+"."+spec.group'));
  }
  return [...errors, ...validateSpec(crd.spec), ...validateStatus(crd), ...validateApproval(crd)];
}

/** All faults of a changed definition. */
export function validateDefinitionUpdate(
  crd: CustomResourceDefinition,
  old: Stored<CustomResourceDefinition>,
): FieldError[] {
  const errors = validateSpec(crd.spec, old.spec);
  const immutable = (name: string, now: unknown, before: unknown) =>
    void errors.push(...field.immutable(spec.child(...name.split('.')), now, before));
  if (isTrue(old, 'Established')) {
    immutable('scope', crd.spec.scope, old.spec.scope);
    immutable('names.kind', crd.spec.names.kind, old.spec.names.kind);
  }
  immutable('group', crd.spec.group, old.spec.group);
  immutable('names.plural', crd.spec.names.plural, old.spec.names.plural);
  errors.push(...validateStatus(crd));
  if (approvalState(crd) !== approvalState(old)) errors.push(...validateApproval(crd));
  return errors;
}

/** What a write of the status can get wrong. */
export function validateDefinitionStatus(crd: CustomResourceDefinition): FieldError[] {
  return validateNames(crd.status?.acceptedNames, field.path('status', 'acceptedNames'));
}

function validateSpec(given: CustomResourceDefinitionSpec, old?: CustomResourceDefinitionSpec): FieldError[] {
  const { group = '', scope, names, preserveUnknownFields, conversion } = given;
  const internal = internalSpec(given);
  const errors: FieldError[] = [];
  if (group === '') errors.push(field.required(spec.child('group')));
  else if (dnsSubdomain(group).length > 0) {
    errors.push(field.invalid(spec.child('group'), group, dnsSubdomain(group).join(',')));
  } else if (!group.includes('.')) {
    errors.push(field.invalid(spec.child('group'), group, 'should be a domain with at least one dot'));
  }
  errors.push(...oneOf(spec.child('scope'), scope, ['Cluster', 'Namespaced']));
  if (!internal.validation?.openAPIV3Schema) {
    internal.versions.forEach((version, i) => {
      if (version.schema?.openAPIV3Schema) return;
      errors.push(field.required(spec.child('versions').index(i).child('schema', 'openAPIV3Schema')));
    });
  }
  const defaulted = given.versions?.some((v) => schemaHas(v.schema?.openAPIV3Schema, hasDefault));
  if (defaulted && preserveUnknownFields) {
    const why = 'must be false in order to use defaults in the schema';
    errors.push(field.invalid(spec.child('preserveUnknownFields'), true, why));
  }
  internal.versions.forEach((version, i) => {
    const where = spec.child('versions').index(i);
    const bad = dns1035Label(version.name ?? '');
    if (bad.length > 0) errors.push(field.invalid(where.child('name'), version.name, bad.join(',')));
    errors.push(...validateVersion(version, internal, where, given, old));
  });
  errors.push(...validateVersions(internal), ...requiredNames(names), ...validateNames(names, spec.child('names')));
  errors.push(...validateCommon(internal, given, old));
  if (conversion && conversion.strategy !== 'None' && preserveUnknownFields) {
    const why = 'must be None if spec.preserveUnknownFields is true';
    errors.push(field.invalid(spec.child('conversion', 'strategy'), conversion.strategy, why));
  }
  if (conversion) errors.push(...validateConversion(conversion, spec.child('conversion')));
  return errors;
}

function oneOf(at: FieldPath, value: string | undefined, accepted: readonly string[]): FieldError[] {
  if (!value) return [field.required(at)];
  return accepted.includes(value) ? [] : [field.notSupported(at, value, accepted)];
}

function validateVersion(
  version: CustomResourceDefinitionVersion,
  internal: InternalSpec,
  at: FieldPath,
  given: CustomResourceDefinitionSpec,
  old: CustomResourceDefinitionSpec | undefined,
): FieldError[] {
  const { deprecated, deprecationWarning, schema, subresources, additionalPrinterColumns, selectableFields } = version;
  const errors = deprecationFaults(deprecated ?? false, deprecationWarning).map((why) =>
    field.invalid(at.child('deprecationWarning'), deprecationWarning, why),
  );
  const status = (subresources ?? internal.subresources)?.status !== undefined;
  errors.push(...validateVersionSchema(schema?.openAPIV3Schema, at.child('schema'), status, given, old));
  errors.push(...validateSubresources(subresources, at.child('subresources')));
  errors.push(...validateColumns(additionalPrinterColumns, at.child('additionalPrinterColumns')));
  if (selectableFields?.length) {
    const where = at.child('selectableFields');
    const root = schema?.openAPIV3Schema;
    if (root) errors.push(...validateSelectableFields(selectableFields, root, where));
    else {
      const why = 'may only be set when `version.schema.openAPIV3Schema` is not included';
      errors.push(field.invalid(where, '', why));
    }
  }
  return errors;
}

function deprecationFaults(deprecated: boolean, warning: string | undefined): string[] {
  if (warning === undefined) return [];
  if (!deprecated) return ['can only be set for deprecated versions'];
  const faults: string[] = [];
  if (Buffer.byteLength(warning) > 256) faults.push('must be <= 256 characters long');
  if (warning === '') faults.push('must not be an empty string');
  const index = [...warning].findIndex((c) => /[\p{C}\p{Zl}\p{Zp}]/u.test(c));
  if (index >= 0) {
    const at = Buffer.byteLength([...warning].slice(0, index).join(''));
    faults.push(`must only contain printable UTF-8 characters; non-printable character found at index ${at}`);
  }
  return faults;
}

function validateVersions({ versions }: InternalSpec): FieldError[] {
  const errors: FieldError[] = [];
  const at = spec.child('versions');
  const names = versions.map((version) => version.name);
  if (new Set(names).size !== names.length) {
    errors.push(field.invalid(at, goVersions(versions), 'must contain unique version names'));
  }
  if (versions.filter((version) => version.storage).length !== 1) {
    const why = 'must have exactly one version marked as storage version';
    errors.push(field.invalid(at, goVersions(versions), why));
  }
  const [first] = names;
  const bad = first ? dns1035Label(first) : [];
  if (bad.length > 0) errors.push(field.invalid(spec.child('version'), first, bad.join(',')));
  return errors;
}

function requiredNames(names: CustomResourceDefinitionNames | undefined): FieldError[] {
  return (['plural', 'singular', 'kind', 'listKind'] as const).flatMap((name) =>
    names?.[name] ? [] : [field.required(spec.child('names', name))],
  );
}

function validateNames(names: CustomResourceDefinitionNames | undefined, at: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  const { plural = '', singular = '', kind = '', listKind = '', shortNames = [], categories = [] } = names ?? {};
  const label = (where: FieldPath, value: string, text = value, prefix = '') => {
    const bad = dns1035Label(text);
    if (bad.length > 0) errors.push(field.invalid(where, value, prefix + bad.join(',')));
  };
  const mixed = 'may have mixed case, but should otherwise match: ';
  if (plural !== '') label(at.child('plural'), plural);
  if (singular !== '') label(at.child('singular'), singular);
  if (kind !== '') label(at.child('kind'), kind, kind.toLowerCase(), mixed);
  if (listKind !== '') label(at.child('listKind'), listKind, listKind.toLowerCase(), mixed);
  shortNames.forEach((name, i) => void label(at.child('shortNames').index(i), name));
  if (kind !== '' && kind === listKind) {
    errors.push(field.invalid(at.child('listKind'), listKind, 'kind and listKind may not be the same'));
  }
  categories.forEach((name, i) => void label(at.child('categories').index(i), name));
  return errors;
}

/** What all versions have in common. */
function validateCommon(
  internal: InternalSpec,
  given: CustomResourceDefinitionSpec,
  old: CustomResourceDefinitionSpec | undefined,
): FieldError[] {
  const { validation, subresources, additionalPrinterColumns, selectableFields, versions } = internal;
  const status = [subresources, ...versions.map((version) => version.subresources)].some(
    (one) => one?.status !== undefined,
  );
  const schema = validation?.openAPIV3Schema;
  const errors = [
    ...validateVersionSchema(schema, spec.child('validation'), status, given, old),
    ...validateSubresources(subresources, spec.child('subresources')),
    ...validateColumns(additionalPrinterColumns, spec.child('additionalPrinterColumns')),
  ];
  if (!selectableFields?.length) return errors;
  const at = spec.child('selectableFields');
  if (schema) return [...errors, ...validateSelectableFields(selectableFields, schema, at)];
  return [...errors, field.invalid(at, '', 'may only be set when validations.schema is included')];
}

const reviewVersions = ['v1', 'v1beta1'];

function validateConversion({ strategy, webhook }: CustomResourceConversion, at: FieldPath): FieldError[] {
  const errors = oneOf(at.child('strategy'), strategy, ['None', 'Webhook']);
  const config = webhook?.clientConfig;
  const versions = webhook?.conversionReviewVersions ?? [];
  const configAt = at.child('webhookClientConfig');
  const versionsAt = at.child('conversionReviewVersions');
  if (strategy !== 'Webhook') {
    const why = 'should not be set when strategy is not set to Webhook';
    if (config) errors.push(field.forbidden(configAt, why));
    if (versions.length > 0) errors.push(field.forbidden(versionsAt, why));
    return errors;
  }
  if (!config) errors.push(field.required(configAt, 'required when strategy is set to Webhook'));
  else if ((config.url === undefined) === (config.service === undefined)) {
    errors.push(field.required(configAt, 'exactly one of url or service is required'));
  } else if (config.service) {
    const { name, namespace } = config.service;
    if (!name) errors.push(field.required(configAt.child('service', 'name'), 'service name is required'));
    if (!namespace)
      errors.push(field.required(configAt.child('service', 'namespace'), 'service namespace is required'));
  }
  if (versions.length === 0) return [...errors, field.required(versionsAt)];
  versions.forEach((version, i) => {
    if (versions.indexOf(version) < i) {
      errors.push(field.invalid(versionsAt.index(i), version, 'duplicate version'));
    } else errors.push(...field.invalidEach(versionsAt.index(i), version, dns1035Label(version)));
  });
  if (!versions.some((version) => reviewVersions.includes(version))) {
    errors.push(field.invalid(versionsAt, versions, `must include at least one of ${reviewVersions.join(', ')}`));
  }
  return errors;
}

function validateStatus(crd: CustomResourceDefinition): FieldError[] {
  const errors = validateDefinitionStatus(crd);
  const stored = crd.status?.storedVersions ?? [];
  if (stored.length === 0) {
    return [...errors, field.invalid(storedVersions, null, 'must have at least one stored version')];
  }
  const versions = crd.spec.versions ?? [];
  for (const { name, storage } of versions) {
    if (storage && !stored.includes(name)) {
      errors.push(field.invalid(storedVersions, stored, `must have the storage version ${name}`));
    }
  }
  stored.forEach((version, i) => {
    if (versions.some(({ name }) => name === version)) return;
    const why =
      `missing from spec.versions; ${version} was previously a storage version, and must remain in spec.versions until a ` +
      `storage migration ensures no data remains persisted in ${version} and removes ${version} from status.storedVersions`;
    errors.push(field.invalid(storedVersions.index(i), version, why));
  });
  return errors;
}

const isProtected = (group: string) => /(^|\.)(k8s|kubernetes)\.io$/.test(group);

/** How a definition in a group of the project stands: KEP-1111. */
export function approvalState(
  crd: CustomResourceDefinition,
): 'missing' | 'bypassed' | 'approved' | 'invalid' | undefined {
  if (!isProtected(crd.spec.group ?? '')) return undefined;
  const text = crd.metadata?.annotations?.[approval] ?? '';
  if (text === '') return 'missing';
  if (text.startsWith('unapproved')) return 'bypassed';
  return /^[a-zA-Z][a-zA-Z0-9+.-]*:\/\/[^/\s]+/.test(text) ? 'approved' : 'invalid';
}

function validateApproval(crd: CustomResourceDefinition): FieldError[] {
  const errors: FieldError[] = [];
  const at = field.path('metadata', 'annotations').key(approval);
  const see = 'see https://github.com/kubernetes/enhancements/pull/1111';
  const must = `protected groups must have approval annotation "${approval}"`;
  const state = approvalState(crd);
  if (state === 'missing') errors.push(field.required(at, `${must}, ${see}`));
  if (state === 'invalid') {
    const why = `${must} with either a URL or a reason starting with "unapproved", ${see}`;
    errors.push(field.invalid(at, crd.metadata?.annotations?.[approval], why));
  }
  if (crd.spec.preserveUnknownFields) {
    const why =
      'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead';
    errors.push(field.invalid(spec.child('preserveUnknownFields'), true, why));
  }
  return errors;
}
