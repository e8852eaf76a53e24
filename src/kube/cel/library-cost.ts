/** What the functions of Kubernetes' libraries cost: estimated from sizes, and counted from values. */
import {
  add,
  type CallCost,
  fixed,
  multiply,
  type Operand,
  type Range,
  regexFactor,
  type SizeOf,
  scale,
  traversal,
  unknownSize,
} from './ranges.ts';
import type { CelType } from './types.ts';
import { CelList, CelMap, Opaque, sizeOf } from './values.ts';

const ofOne = new Set(
  [
    'serviceAccount path group resource subresource namespace name allowed reason error errored masked prefixLength family',
    'isUnspecified isLoopback isLinkLocalMulticast isLinkLocalUnicast isGlobalUnicast sign asInteger isInteger',
    'asApproximateFloat isGreaterThan isLessThan compareTo add sub major minor patch getScheme getHostname getHost getPort',
    'getEscapedPath getQuery format.named',
  ].flatMap((names) => names.split(' ')),
);
const parsing = new Set(['cidr', 'isIP', 'isCIDR', 'ip', 'quantity', 'isQuantity', 'semver', 'isSemver']);
const shortening = new Set(['lowerAscii', 'upperAscii', 'substring', 'trim']);
const overLists = new Set(['isSorted', 'sum', 'max', 'min', 'indexOf', 'lastIndexOf']);
const authorizerCheck = 350_000;
/** The longest expression that a named format stands for. */
const formatRegex = 128;

/** The estimated cost of a call; undefined: it is none of a library. */
export function libraryCost(
  name: string,
  id: string,
  target: Operand | undefined,
  args: readonly Operand[],
  sizes: SizeOf,
): CallCost | undefined {
  const [first, second] = args;
  if (ofOne.has(name) || id === 'cidr_ip') return { cost: fixed(1) };
  if (name === 'check') return { cost: fixed(authorizerCheck) };
  if (parsing.has(name) && first) return { cost: scale(first.size, traversal) };
  if (shortening.has(name) && target) return { cost: scale(target.size, traversal), size: target.size };
  if (overLists.has(name) && target) return { cost: listCost(target, sizes) };
  switch (name) {
    case 'url':
    case 'jsonpatch.escapeKey':
      return first && { cost: scale(first.size, traversal), size: first.size };
    case 'ip.isCanonical':
      return first && { cost: scale(first.size, 2 * traversal) };
    case 'replace':
      return (
        target &&
        first &&
        second && { cost: scale(target.size, 2 * traversal), size: replacedSize(target.size, first.size, second.size) }
      );
    case 'split': {
      const limit = second?.expression.kind === 'literal' ? Number(second.expression.value) : target?.size.max;
      return target && { cost: scale(target.size, 2 * traversal), size: { min: 0, max: limit ?? 0 } };
    }
    case 'join':
      return target && joinCost(target, first, sizes);
    case 'find':
    case 'findAll':
      return (
        target &&
        first && {
          cost: multiply(scale(add(target.size, fixed(1)), traversal), scale(first.size, regexFactor)),
          size: { min: 0, max: target.size.max },
        }
      );
    case 'containsIP':
    case 'containsCIDR':
      return first && { cost: containsCost(name, id, first.size) };
    case 'sets.contains':
    case 'sets.intersects':
    case 'sets.equivalent': {
      const factor = name === 'sets.equivalent' ? 2 : 1;
      return first && second && { cost: add(scale(multiply(first.size, second.size), factor), fixed(1)) };
    }
    case 'sort':
    case '@sortByAssociatedKeys':
    case 'distinct': {
      const on = name === '@sortByAssociatedKeys' ? first : target;
      const factor = /string|bytes/.test(id) && name !== 'distinct' ? 2 + traversal : 2;
      return on && allocating(multiply(on.size, on.size), factor);
    }
    case 'reverse':
      return target && allocating(target.size);
    case 'flatten':
      return target && allocating(target.size, first ? whole(first, Number.POSITIVE_INFINITY) : 1);
    case 'slice':
      return target && first && second && allocating(fixed(whole(second, target.size.max) - whole(first, 0)));
    case 'lists.range':
      return first && allocating(fixed(whole(first, Number.POSITIVE_INFINITY)));
    case 'validate':
      return first && { cost: scale(scale(first.size, traversal), formatRegex * regexFactor) };
    case '_==_': {
      const type = first?.type;
      if (type?.kind !== 'opaque' || type.name === 'optional_type' || second?.type.kind !== 'opaque') return undefined;
      return type.name === second.type.name ? { cost: fixed(1) } : undefined;
    }
    default:
      return undefined;
  }
}

/** Making a list costs ten. */
const allocating = (size: Range, factor = 1): CallCost => ({ cost: add(scale(size, factor), fixed(11)), size });

/** The number that is written there. */
function whole({ expression }: Operand, otherwise: number): number {
  return expression.kind === 'literal' && expression.of === 'int' ? Math.max(0, Number(expression.value)) : otherwise;
}

function itemSize(list: Operand, sizes: SizeOf): Range {
  const max = list.path.length > 0 ? sizes([...list.path, '@items']) : undefined;
  return max === undefined ? unknownSize : { min: 0, max };
}

const itemType = (type: CelType): CelType | undefined => (type.kind === 'list' ? type.of : undefined);

function listCost(target: Operand, sizes: SizeOf): Range {
  const item = itemType(target.type);
  if (!item) return scale(target.size, traversal);
  const textual = item.kind === 'string' || item.kind === 'bytes';
  return multiply(target.size, textual ? add(fixed(1), scale(itemSize(target, sizes), traversal)) : fixed(1));
}

function joinCost(target: Operand, separator: Operand | undefined, sizes: SizeOf): CallCost {
  let size = itemType(target.type) ? multiply(target.size, itemSize(target, sizes)) : fixed(0);
  if (separator) {
    const between = { min: Math.max(target.size.min - 1, 0), max: Math.max(target.size.max - 1, 0) };
    size = add(size, multiply(separator.size, between));
  }
  return { cost: scale(size, traversal), size };
}

function replacedSize(text: Range, old: Range, now: Range): Range {
  const count = fixed(0);
  const kept = fixed(0);
  if (old.min === 0) {
    count.max = text.max + 1;
    kept.max = text.max;
  } else if (now.max <= old.min) kept.max = text.max;
  else count.max = Math.ceil(text.max / old.min);
  if (old.max === 0) {
    count.min = text.min + 1;
    kept.min = text.min;
  } else if (old.max <= now.min) kept.min = text.min;
  else count.min = Math.ceil(text.min / old.max);
  return add(multiply(count, now), kept);
}

function containsCost(name: string, id: string, size: Range): Range {
  const address = { min: 4, max: 16 };
  let cost = scale(add(address, address), traversal);
  if (name === 'containsCIDR') cost = add(add(cost, scale(address, traversal)), fixed(1));
  return id.endsWith('_string') ? add(cost, scale(size, traversal)) : cost;
}

/** What a call has cost; undefined: it is none of a library. */
export function actualLibraryCost(
  name: string,
  id: string,
  args: readonly unknown[],
  result: unknown,
): number | undefined {
  const [first, second] = args;
  const once = (value: unknown, factor = traversal) => Math.ceil(sizeOf(value) * factor);
  if (ofOne.has(name) || id === 'cidr_ip') return 1;
  if (name === 'check') return authorizerCheck;
  if (parsing.has(name) || shortening.has(name)) return once(first);
  if (overLists.has(name)) return traversalOf(first);
  switch (name) {
    case 'url':
    case 'jsonpatch.escapeKey':
      return once(first);
    case 'ip.isCanonical':
    case 'replace':
    case 'split':
      return once(first, 2 * traversal);
    case 'join':
      return once(result, 2 * traversal);
    case 'find':
    case 'findAll':
      return Math.ceil((1 + sizeOf(first)) * traversal) * once(second, regexFactor);
    case 'containsIP':
      return 2 + (id.endsWith('_string') ? once(second) : 0);
    case 'containsCIDR':
      return 3 + (id.endsWith('_string') ? once(second) : 0);
    case 'sets.contains':
    case 'sets.intersects':
      return 1 + sizeOf(first) * sizeOf(second);
    case 'sets.equivalent':
      return 1 + sizeOf(first) * sizeOf(second) * 2;
    case 'sort':
    case 'distinct':
      return comparing(first);
    case '@sortByAssociatedKeys':
      return comparing(second);
    case 'reverse':
    case 'slice':
    case 'lists.range':
      return sizeOf(result) + 11;
    case 'flatten':
      return sizeOf(first) * (second === undefined ? 1 : Number(second)) + 11;
    case 'validate':
      return Math.ceil((1 + sizeOf(second)) * traversal) * Math.ceil(formatRegex * regexFactor);
    case '_==_':
      return first instanceof Opaque ? 1 : undefined;
    default:
      return undefined;
  }
}

/** Each item with each. */
function comparing(list: unknown): number {
  if (!(list instanceof CelList) || list.size === 0) return 11;
  const first = list.at(0);
  const factor = typeof first === 'string' || first instanceof Uint8Array ? 2 + traversal : 2;
  return Math.trunc(list.size ** 2 * factor) + 11;
}

function traversalOf(value: unknown): number {
  if (typeof value === 'string' || value instanceof Uint8Array) return Math.floor(Buffer.byteLength(value) * traversal);
  if (value instanceof CelList) return [...value].reduce<number>((sum, item) => sum + traversalOf(item), 0);
  if (value instanceof CelMap) {
    return [...value.keys()].reduce<number>((sum, key) => sum + traversalOf(key) + traversalOf(value.get(key)), 0);
  }
  return 1;
}
