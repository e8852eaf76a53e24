import type { LabelSelector, NamedRuleWithOperations } from '../../../kube/api.gen.ts';
import type { KubeObject } from '../../../kube/meta.ts';
import { namespaces } from '../../../kube/resources.ts';
import { selectorMatches } from '../../../kube/selectors.ts';
import type { AdmissionAttributes } from '../../registry/admission.ts';

/** What a policy or a webhook says of the requests that it wants to see. */
export interface Match {
  namespaceSelector?: LabelSelector;
  objectSelector?: LabelSelector;
  matchPolicy?: string;
  resourceRules?: readonly NamedRuleWithOperations[];
  excludeResourceRules?: readonly NamedRuleWithOperations[];
}

/** Admission's own configuration can't lock itself, and reviews ask nothing of anybody. */
export function isExempt({ definition }: AdmissionAttributes): boolean {
  return definition.group === 'admissionregistration.k8s.io' || definition.review === true;
}

const has = (values: readonly string[] | undefined, value: string) =>
  (values ?? []).some((known) => known === '*' || known === value);

/** `pods`, `pods/status`, `pods/*`, `*` (everything but subresources), subresources of all. */
function meansResource(patterns: readonly string[] | undefined, resource: string, subresource: string): boolean {
  return (patterns ?? []).some((pattern) => {
    const [name = '', part = ''] = pattern.split('/');
    return (name === '*' || name === resource) && (part === '*' || part === subresource);
  });
}

function ruleMatches(rule: NamedRuleWithOperations, attributes: AdmissionAttributes, exact: boolean): boolean {
  const { definition, operation, subresource = '', name } = attributes;
  const names = rule.resourceNames ?? [];
  const scope = rule.scope ?? '*';
  return (
    has(rule.operations, operation) &&
    has(rule.apiGroups, definition.group) &&
    (!exact || has(rule.apiVersions, definition.version)) &&
    meansResource(rule.resources, definition.resource, subresource) &&
    (scope === '*' || (scope === 'Namespaced') === isNamespaced(attributes)) &&
    (names.length === 0 || (name !== undefined && names.includes(name)))
  );
}

/** A Namespace itself is cluster-scoped for rules. */
const isNamespaced = ({ definition }: AdmissionAttributes) => definition.namespaced;

const isEmpty = (selector: LabelSelector | undefined) =>
  selector === undefined ||
  (Object.keys(selector.matchLabels ?? {}).length === 0 && (selector.matchExpressions ?? []).length === 0);

function namespaceMatches(selector: LabelSelector | undefined, attributes: AdmissionAttributes): boolean {
  if (isEmpty(selector)) return true;
  const { definition, namespace, object, oldObject } = attributes;
  if (definition.group === '' && definition.resource === 'namespaces') {
    return selectorMatches(selector, (object ?? oldObject)?.metadata?.labels);
  }
  if (!definition.namespaced || !namespace) return true;
  return selectorMatches(selector, attributes.read(namespaces, undefined, namespace)?.metadata.labels);
}

function objectMatches(selector: LabelSelector | undefined, { object, oldObject }: AdmissionAttributes): boolean {
  if (isEmpty(selector)) return true;
  return [object, oldObject].some((o: KubeObject | undefined) => o && selectorMatches(selector, o.metadata?.labels));
}

/** Whether the request is one of those that `match` means; without rules every one is. */
export function matchesRequest(match: Match | undefined, attributes: AdmissionAttributes): boolean {
  if (!match) return true;
  // Other versions of the same resource are equivalent unless told otherwise; all of them show the same objects.
  const exact = match.matchPolicy === 'Exact';
  const rules = match.resourceRules ?? [];
  if (rules.length > 0 && !rules.some((rule) => ruleMatches(rule, attributes, exact))) return false;
  if ((match.excludeResourceRules ?? []).some((rule) => ruleMatches(rule, attributes, exact))) return false;
  return namespaceMatches(match.namespaceSelector, attributes) && objectMatches(match.objectSelector, attributes);
}
