/** The expressions of admission policies and webhooks: what they may use, compiled. */
import type { ValidatingAdmissionPolicySpec, Variable } from '../../../kube/api.gen.ts';
import { abstractTypes } from '../../../kube/cel/library/index.ts';
import { compile, type Program } from '../../../kube/cel/program.ts';
import * as cel from '../../../kube/cel/types.ts';

export type VariableTypes = ReadonlyMap<string, cel.CelType>;

const object = (name: string, fields: Record<string, cel.CelType>): cel.ObjectType => ({
  kind: 'object',
  name,
  fields: new Map(Object.entries(fields)),
});

const text = cel.string;
const texts = cel.listOf(text);
const labels = cel.mapOf(text, text);

const groupVersionKind = object('kubernetes.GroupVersionKind', { group: text, version: text, kind: text });
const groupVersionResource = object('kubernetes.GroupVersionResource', { group: text, version: text, resource: text });

/** `request`: as an AdmissionRequest tells of it. */
const requestType = object('kubernetes.AdmissionRequest', {
  kind: groupVersionKind,
  resource: groupVersionResource,
  subResource: text,
  requestKind: groupVersionKind,
  requestResource: groupVersionResource,
  requestSubResource: text,
  name: text,
  namespace: text,
  operation: text,
  userInfo: object('kubernetes.UserInfo', { username: text, uid: text, groups: texts, extra: cel.mapOf(text, texts) }),
  dryRun: cel.bool,
  options: cel.dyn,
});

/** `namespaceObject`: of the fields of a Namespace those that do not change behind a policy's back. */
const namespaceType = object('kubernetes.Namespace', {
  metadata: object('kubernetes.NamespaceMetadata', {
    name: text,
    generateName: text,
    namespace: text,
    labels,
    annotations: labels,
    UID: text,
    creationTimestamp: cel.timestamp,
    deletionGracePeriodSeconds: cel.int,
    deletionTimestamp: cel.timestamp,
    generation: cel.int,
    resourceVersion: text,
    finalizers: texts,
  }),
  spec: object('kubernetes.NamespaceSpec', { finalizers: texts }),
  status: object('kubernetes.NamespaceStatus', { phase: text }),
});

export interface Scope {
  /** Whether the policy has parameters. */
  params?: boolean;
  authorizer?: boolean;
  namespaceObject?: boolean;
  /** The policy's own variables that may be used, with their types. */
  variables?: ReadonlyMap<string, cel.CelType>;
}

export function typesOf(scope: Scope): VariableTypes {
  const types = new Map<string, cel.CelType>([
    ['object', cel.dyn],
    ['oldObject', cel.dyn],
    ['request', requestType],
  ]);
  if (scope.params) types.set('params', cel.dyn);
  if (scope.namespaceObject) types.set('namespaceObject', namespaceType);
  if (scope.variables)
    types.set('variables', { kind: 'object', name: 'kubernetes.variables', fields: scope.variables });
  if (scope.authorizer) {
    types.set('authorizer', abstractTypes.Authorizer);
    types.set('authorizer.requestResource', abstractTypes.ResourceCheck);
  }
  return types;
}

/** A program, or why there is none. */
export type Expression = { program: Program } | { problem: string };

export function compileExpression(source: string, types: VariableTypes): Expression {
  const program = compile(source.trim(), { variables: types });
  if (typeof program === 'string') return { problem: `compilation failed: ${program}` };
  return program.fault === undefined ? { program } : { problem: `program instantiation failed: ${program.fault}` };
}

/** The scopes of the parts of a policy, and its variables: each may use those before it. */
export interface PolicyScopes {
  conditions: VariableTypes;
  variables: readonly { variable: Variable; types: VariableTypes; expression: Expression }[];
  validations: VariableTypes;
  /** Of messages: those ask for nobody's rights. */
  messages: VariableTypes;
}

export function policyScopes(spec: Pick<ValidatingAdmissionPolicySpec, 'paramKind' | 'variables'>): PolicyScopes {
  const common = { params: spec.paramKind !== undefined, namespaceObject: true };
  const known = new Map<string, cel.CelType>();
  const variables = (spec.variables ?? []).map((variable) => {
    const types = typesOf({ ...common, authorizer: true, variables: new Map(known) });
    const expression = compileExpression(variable.expression ?? '', types);
    known.set(variable.name, 'program' in expression ? expression.program.type : cel.dyn);
    return { variable, types, expression };
  });
  return {
    conditions: typesOf({ ...common, authorizer: true }),
    variables,
    validations: typesOf({ ...common, authorizer: true, variables: known }),
    messages: typesOf({ ...common, variables: known }),
  };
}

/** What conditions of webhooks may use. */
export const webhookScope = typesOf({ authorizer: true });
