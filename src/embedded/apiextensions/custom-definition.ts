/** A version of a CustomResourceDefinition as a kind that the registry runs. */
import { createHash } from 'node:crypto';
import type { CustomResourceDefinition, CustomResourceDefinitionVersion } from '../../kube/api.gen.ts';
import { goText } from '../../kube/json-path/text.ts';
import { apiVersionOf, type KubeObject, type Resource, type Stored } from '../../kube/meta.ts';
import type { FieldSelector, ResourceDefinition, Subresource } from '../definition.ts';
import { coerce } from './coerce.ts';
import { tableOf } from './columns.ts';
import { isTrue } from './conditions.ts';
import { firstAt } from './json-path.ts';
import { customOpenApi } from './openapi.ts';
import { ruleValidator } from './rules.ts';
import type { JsonMap, Schema } from './schema.ts';
import { customStrategy } from './strategy.ts';
import { typeSchemaOf } from './type-schema.ts';

const verbs = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];
/** Of a kind that is going away. */
const lastVerbs = ['delete', 'deletecollection', 'get', 'list', 'watch'];
const subresourceVerbs = ['get', 'patch', 'update'];

/** `com.example.v1.Widget`: the kind's name in OpenAPI. */
export function modelName(group: string, version: string, kind: string): string {
  return [...group.split('.').reverse(), version, kind].join('.');
}

/**
 * The kinds that a definition serves now, one a version; none before its names are accepted.
 * @param replaced aborts when they are served no more
 */
export function customDefinitions(crd: Stored<CustomResourceDefinition>, replaced: AbortSignal): ResourceDefinition[] {
  if (!isTrue(crd, 'NamesAccepted') && !isTrue(crd, 'Established')) return [];
  return crd.spec.versions.filter((version) => version.served).map((version) => definitionOf(crd, version, replaced));
}

function definitionOf(
  crd: Stored<CustomResourceDefinition>,
  version: CustomResourceDefinitionVersion,
  replaced: AbortSignal,
): ResourceDefinition {
  const { group, scope } = crd.spec;
  const names = crd.status?.acceptedNames ?? crd.spec.names;
  const { kind, plural } = names;
  const schema = version.schema?.openAPIV3Schema;
  const resource: Resource = {
    group,
    version: version.name,
    resource: plural,
    kind,
    namespaced: scope === 'Namespaced',
  };
  const storage = crd.spec.versions.find((one) => one.storage)?.name ?? version.name;
  const main = mainVersion(crd.spec.versions);
  const name = modelName(group, version.name, kind);
  const listKind = names.listKind || `${kind}List`;
  const { status, scale } = version.subresources ?? {};
  const hasStatus = status !== undefined;
  const terminating = isTrue(crd, 'Terminating');
  const openApi = customOpenApi({ crd, version, name, listName: modelName(group, version.name, listKind), listKind });
  return {
    ...resource,
    singular: names.singular ?? kind.toLowerCase(),
    listKind,
    shortNames: names.shortNames,
    categories: names.categories,
    verbs,
    schema: name,
    ...tableOf(version.additionalPrinterColumns),
    subresources: subresourcesOf(hasStatus, scale !== undefined),
    fieldSelectors: selectorsOf(version),
    deprecationWarning: deprecationOf(version, resource),
    strategy: customStrategy({
      group,
      resource: plural,
      schema,
      rules: schema && ruleValidator(schema),
      hasStatus,
      scale,
      terminating,
    }),
    ...(main !== version.name && { storedAs: { ...resource, version: main } }),
    convert: conversion(resource, storage, schema),
    custom: {
      schema: typeSchemaOf(name, schema),
      coerce: (object) => (schema ? coerce(object, schema) : []),
      openApi: { ...openApi, digest: createHash('sha256').update(JSON.stringify(openApi)).digest('hex') },
      hasStatus,
      discoveredVerbs: terminating ? lastVerbs : verbs,
      replaced,
      ...(scale && { scale }),
    },
  };
}

/** The version through which controllers see the objects, once: the one that is stored, if it is served. */
function mainVersion(versions: readonly CustomResourceDefinitionVersion[]): string {
  const served = versions.filter((version) => version.served);
  return (served.find((version) => version.storage) ?? served[0])?.name ?? '';
}

/** In the order in which discovery lists them. */
function subresourcesOf(status: boolean, scale: boolean): Record<string, Subresource> {
  const kind = { group: 'autoscaling', version: 'v1', kind: 'Scale' };
  return {
    ...(status && { status: { verbs: subresourceVerbs } }),
    ...(scale && { scale: { verbs: subresourceVerbs, groupVersionKind: kind } }),
  };
}

function selectorsOf({ selectableFields }: CustomResourceDefinitionVersion): Record<string, FieldSelector> | undefined {
  if (!selectableFields?.length) return undefined;
  return Object.fromEntries(
    selectableFields.map(({ jsonPath }) => {
      const found = firstAt(jsonPath);
      const text = (object: Stored) => {
        const value = found(object);
        return value === undefined || value === null ? '' : goText(value);
      };
      return [jsonPath.replace(/^\./, ''), text];
    }),
  );
}

function deprecationOf(version: CustomResourceDefinitionVersion, resource: Resource): string | undefined {
  if (!version.deprecated) return undefined;
  return version.deprecationWarning ?? `${apiVersionOf(resource)} ${resource.kind} is deprecated`;
}

/**
 * Between this version and what is stored (conversion strategy None): the object says another version, and has what this
 * version's schema knows, as it is now.
 */
function conversion(resource: Resource, storage: string, schema: Schema | undefined) {
  const apiVersion = apiVersionOf(resource);
  const stored = apiVersionOf({ ...resource, version: storage });
  return {
    fromStored(object: Stored): Stored {
      const copy = structuredClone(object) as Stored & JsonMap;
      copy.apiVersion = apiVersion;
      if (schema) coerce(copy, schema);
      return copy;
    },
    toStored: (object: KubeObject): KubeObject => ({ ...object, apiVersion: stored }),
  };
}
