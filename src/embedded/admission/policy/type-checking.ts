/** Type checking of policies: what their expressions would get wrong on the kinds that they match (KEP-3488). */
import type {
  ExpressionWarning,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicySpec,
} from '../../../kube/api.gen.ts';
import { compile } from '../../../kube/cel/program.ts';
import { type CelType, dyn } from '../../../kube/cel/types.ts';
import { typesOf, type VariableTypes } from '../../resources/admission/expressions.ts';

export interface GroupVersionKind {
  group: string;
  version: string;
  kind: string;
}

/** What is known of the kinds that the server serves. */
export interface KindTypes {
  kindOf(group: string, version: string, resource: string): GroupVersionKind | undefined;
  /** Undefined if nothing is known of its structure. */
  typeOf(kind: GroupVersionKind): CelType | undefined;
}

/** A policy that matches more is checked with the first ones. */
const maxKinds = 10;

/** What would go wrong, by expression; none if all is well, or if the policy does not name its kinds. */
export function expressionWarnings({ spec = {} }: ValidatingAdmissionPolicy, known: KindTypes): ExpressionWarning[] {
  const scopes = scopesOf(spec, known);
  return (spec.validations ?? []).flatMap(({ expression, messageExpression }, i) =>
    Object.entries({ expression, messageExpression }).flatMap(([name, source]) => {
      const warning = source ? warningOf(source, scopes) : '';
      return warning === '' ? [] : [{ fieldRef: `spec.validations[${i}].${name}`, warning }];
    }),
  );
}

interface Scope {
  kind: GroupVersionKind;
  types: VariableTypes;
}

/** The variables of expressions, for each kind that the policy matches. */
function scopesOf(spec: ValidatingAdmissionPolicySpec, known: KindTypes): Scope[] {
  const params = paramsType(spec, known);
  return kindsOf(spec, known).flatMap((kind) => {
    const object = known.typeOf(kind);
    if (!object) return [];
    const variables = new Map<string, CelType>();
    const types = new Map(typesOf({ namespaceObject: true, authorizer: true, variables }));
    types.set('object', object).set('oldObject', object);
    // Of the authorizer the checker knows no more than its methods.
    types.delete('authorizer.requestResource');
    if (params) types.set('params', params);
    for (const { name, expression } of spec.variables ?? []) {
      const program = compile(expression, { variables: types });
      variables.set(name, typeof program === 'string' ? dyn : withoutObjects(program.type));
    }
    return [{ kind, types }];
  });
}

function paramsType({ paramKind }: ValidatingAdmissionPolicySpec, known: KindTypes): CelType | undefined {
  const [version = '', group = ''] = (paramKind?.apiVersion ?? '').split('/').reverse();
  return paramKind?.kind ? known.typeOf({ group, version, kind: paramKind.kind }) : undefined;
}

/** The kinds that are named in full: wildcards and subresources say nothing of types. */
function kindsOf({ matchConstraints }: ValidatingAdmissionPolicySpec, known: KindTypes): GroupVersionKind[] {
  const found = new Map<string, GroupVersionKind>();
  for (const { apiGroups = [], apiVersions = [], resources = [] } of matchConstraints?.resourceRules ?? []) {
    if ([...apiGroups, ...apiVersions].some((name) => name.includes('*'))) continue;
    const named = resources.filter((name) => !/[*/]/.test(name)).sort();
    for (const group of apiGroups.toSorted()) {
      for (const version of apiVersions.toSorted()) {
        for (const resource of named) {
          const kind = known.kindOf(group, version, resource);
          if (kind && found.size < maxKinds) found.set(kindText(kind), kind);
        }
      }
    }
  }
  const order = ({ group, version, kind }: GroupVersionKind) => [group, version, kind].join('\0');
  return [...found.values()].sort((a, b) => (order(a) < order(b) ? -1 : 1));
}

function warningOf(source: string, scopes: readonly Scope[]): string {
  return scopes
    .flatMap(({ kind, types }) => {
      const program = compile(source, { variables: types });
      return typeof program === 'string' ? [`${kindText(kind)}: ${program}\n`] : [];
    })
    .join('\n');
}

/** As Go prints a GroupVersionKind. */
const kindText = ({ group, version, kind }: GroupVersionKind) => `${group}/${version}, Kind=${kind}`;

/** Of variables whose values are objects nothing is known. */
function withoutObjects(type: CelType): CelType {
  switch (type.kind) {
    case 'object':
    case 'opaque':
      return dyn;
    case 'list':
      return { ...type, of: withoutObjects(type.of) };
    case 'map':
      return { ...type, key: withoutObjects(type.key), value: withoutObjects(type.value) };
    default:
      return type;
  }
}
