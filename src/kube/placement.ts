/** What a Pod's spec says about nodes, as the scheduler reads it. */
import { ownValue } from '../kernel/own.ts';
import type { Node, NodeSelectorRequirement, NodeSelectorTerm, Pod, Taint, Toleration } from './api.gen.ts';
import { parseInt64 } from './int64.ts';
import type { Stored } from './meta.ts';

/** Whether one of the tolerations covers the taint. */
export function tolerates(tolerations: readonly Toleration[] | undefined, taint: Taint): boolean {
  return (tolerations ?? []).some((t) => {
    if (t.effect && t.effect !== taint.effect) return false;
    if (t.key && t.key !== taint.key) return false;
    if (t.operator === 'Exists') return true;
    // KEP-5471: numeric comparison, where both sides are whole numbers.
    if (t.operator === 'Lt' || t.operator === 'Gt') {
      return isBeyond(t.operator, taint.value, t.value);
    }
    return Boolean(t.key) && (t.value ?? '') === (taint.value ?? '');
  });
}

/** Both have to be whole numbers of 64 bits. */
function isBeyond(operator: 'Gt' | 'Lt', actual: string | undefined, limit: string | undefined): boolean {
  const [a, b] = [parseInt64(actual), parseInt64(limit)];
  if (a === undefined || b === undefined) return false;
  return operator === 'Gt' ? a > b : a < b;
}

/** Whether a Pod's node selector and required node affinity allow the node. */
export function matchesNode(pod: Pod, node: Stored<Node>): boolean {
  const labels = node.metadata.labels ?? {};
  if (Object.entries(pod.spec?.nodeSelector ?? {}).some(([key, value]) => labels[key] !== value)) return false;
  const required = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return !required || required.nodeSelectorTerms.some((term) => matchesTerm(term, node));
}

/** A term without expressions matches nothing. */
export function matchesTerm(
  { matchExpressions = [], matchFields = [] }: NodeSelectorTerm,
  node: Stored<Node>,
): boolean {
  if (matchExpressions.length + matchFields.length === 0) return false;
  const labels = node.metadata.labels ?? {};
  return (
    matchExpressions.every((r) => matchesRequirement(r, ownValue(labels, r.key))) &&
    matchFields.every((r) => matchesRequirement(r, r.key === 'metadata.name' ? node.metadata.name : undefined))
  );
}

function matchesRequirement({ operator, values = [] }: NodeSelectorRequirement, actual: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return actual !== undefined && values.includes(actual);
    case 'NotIn':
      return actual === undefined || !values.includes(actual);
    case 'Exists':
      return actual !== undefined;
    case 'DoesNotExist':
      return actual === undefined;
    case 'Gt':
    case 'Lt':
      return isBeyond(operator, actual, values[0]);
    default:
      return false;
  }
}
