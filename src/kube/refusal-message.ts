import { readable } from './readable.ts';

/** Who of the API server's admission refused an object, and what it said. */
export type Refusal =
  | { by: 'quota'; quota: string; over: { resource: string; requested: string; used: string; hard: string }[] }
  /** The quota counts something that the Pod does not name. */
  | { by: 'quota-unspecified'; quota: string; resources: string[] }
  | { by: 'limit-range'; broken: { rule: string; type: string; resource: string; text: string }[] }
  | { by: 'pod-security'; level: string; version: string; violations: string[] }
  | { by: 'policy'; policy: string; binding: string; message: string }
  | { by: 'webhook'; webhook: string; message: string }
  /** It is being deleted. */
  | { by: 'namespace'; namespace: string }
  | { by: 'service-account'; namespace: string; name: string }
  | { by: 'priority-class'; name: string };

/**
 * Takes the message of a refusal apart (of a Status, of a FailedCreate Event, of a log line). Undefined for those whose
 * words are not known, and for those of RBAC, see `parseForbidden`.
 */
export function parseRefusal(message: string): Refusal | undefined {
  for (const parse of [
    exceeded,
    unspecified,
    podSecurity,
    policy,
    webhook,
    terminating,
    serviceAccount,
    priorityClass,
    limits,
  ]) {
    const refusal = parse(readable(message));
    if (refusal) return refusal;
  }
  return undefined;
}

function exceeded(message: string): Refusal | undefined {
  const found = /exceeded quota: ([^,\s]+), requested: (.+?), used: (.+?), limited: (\S+)/.exec(message);
  if (!found) return undefined;
  const [, quota = '', requested = '', used = '', hard = ''] = found;
  const [before, limit] = [amountsOf(used), amountsOf(hard)];
  const over = [...amountsOf(requested)].map(([resource, amount]) => ({
    resource,
    requested: amount,
    used: before.get(resource) ?? '0',
    hard: limit.get(resource) ?? '0',
  }));
  return { by: 'quota', quota, over };
}

/** `pods=1,requests.cpu=2` */
function amountsOf(text: string): Map<string, string> {
  return new Map(text.split(',').map((part) => part.trim().split('=') as [string, string]));
}

function unspecified(message: string): Refusal | undefined {
  const found = /failed quota: ([^:\s]+): must specify (.+)/.exec(message);
  if (!found) return undefined;
  const [, quota = '', rest = ''] = found;
  const resources = rest.split(/;\s*/).flatMap((part) => (part.split(' for: ')[0] ?? '').split(','));
  return { by: 'quota-unspecified', quota, resources: resources.map((r) => r.trim()).filter(Boolean) };
}

/** The plugin says `maximum cpu usage per Container is 1, but limit is 2`, `minimum ...`, `cpu max limit to request ratio per ...`. */
function limits(message: string): Refusal | undefined {
  const broken = [
    ...message.matchAll(
      /(maximum|minimum) (\S+) usage per (\S+) is ([^\s,]+?)(?:, but (?:limit|request) is ([^\s,\]]+)|\.)/g,
    ),
  ].map(([text, rule = '', resource = '', type = '']) => ({ rule, type, resource, text }));
  const ratios = [
    ...message.matchAll(
      /(\S+) max limit to request ratio per (\S+) is ([^\s,]+), but (?:provided ratio is ([^\s,\]]+)|no \w+ is specified or \w+ is 0)/g,
    ),
  ].map(([text, resource = '', type = '']) => ({ rule: 'ratio', type, resource: resource.replace(/^\[/, ''), text }));
  return broken.length + ratios.length > 0 ? { by: 'limit-range', broken: [...broken, ...ratios] } : undefined;
}

function podSecurity(message: string): Refusal | undefined {
  const found = /violates PodSecurity "([^":]+):([^"]+)": (.+)$/s.exec(message);
  if (!found) return undefined;
  const [, level = '', version = '', rest = ''] = found;
  // `name (which container has to do what), name (...)`
  const violations = rest.replaceAll(/\s*\((?:[^()]|\([^()]*\))*\)/g, '').split(/,\s+/);
  return { by: 'pod-security', level, version, violations: violations.map((v) => v.trim()).filter(Boolean) };
}

function policy(message: string): Refusal | undefined {
  const found = /ValidatingAdmissionPolicy '([^']+)' with binding '([^']+)' denied request: (.+)$/s.exec(message);
  if (!found) return undefined;
  const [, name = '', binding = '', said = ''] = found;
  return { by: 'policy', policy: name, binding, message: said.trim() };
}

function webhook(message: string): Refusal | undefined {
  const found = /admission webhook "([^"]+)" denied the request(?:: (.+)| without explanation)/s.exec(message);
  return found ? { by: 'webhook', webhook: found[1] ?? '', message: found[2]?.trim() ?? '' } : undefined;
}

function terminating(message: string): Refusal | undefined {
  const found = /unable to create new content in namespace (\S+) because it is being terminated/.exec(message);
  return found ? { by: 'namespace', namespace: found[1] ?? '' } : undefined;
}

function serviceAccount(message: string): Refusal | undefined {
  const found = /error looking up service account ([^/\s]+)\/([^:\s]+): .*not found/.exec(message);
  return found ? { by: 'service-account', namespace: found[1] ?? '', name: found[2] ?? '' } : undefined;
}

function priorityClass(message: string): Refusal | undefined {
  const found = /no PriorityClass with name (\S+) was found/.exec(message);
  return found ? { by: 'priority-class', name: found[1] ?? '' } : undefined;
}
