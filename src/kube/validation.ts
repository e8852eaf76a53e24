/**
 * The name and value rules of Kubernetes with its own messages (apimachinery's util/validation). Each function returns
 * the reasons why `value` is refused; an empty list means that it is fine.
 */
import { isIP, isIPv4, isIPv6 } from 'node:net';

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const subdomain = `${label}(\\.${label})*`;
const label1035 = '[a-z]([-a-z0-9]*[a-z0-9])?';
const qualifiedName = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const labelValue = `(${qualifiedName})?`;
const configKey = '[-._a-zA-Z0-9]+';
const headerName = '[-A-Za-z0-9]+';
const percent = '[0-9]+%';
const pathCharacters = `[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+`;

const matchers = new Map<string, RegExp>();

function matches(pattern: string, value: string): boolean {
  let matcher = matchers.get(pattern);
  if (!matcher) {
    matcher = new RegExp(`^(?:${pattern})$`);
    matchers.set(pattern, matcher);
  }
  return matcher.test(value);
}

/** `must be no more than 63 characters`; of labels Kubernetes says bytes. */
export function maxLength(limit: number, unit: 'characters' | 'bytes' = 'characters'): string {
  return `must be no more than ${limit} ${unit}`;
}

/** `must be between 1 and 65535, inclusive`. */
export function inclusiveRange(low: number, high: number): string {
  return `must be between ${low} and ${high}, inclusive`;
}

/** A message that ends with the examples and the pattern, in Kubernetes' own punctuation. */
export function regexError(message: string, pattern: string, ...examples: string[]): string {
  const used = `regex used for validation is '${pattern}')`;
  if (examples.length === 0) return `${message} (${used}`;
  return `${message} (e.g. ${examples.map((example) => `'${example}', `).join(' or ')}${used}`;
}

const bytes = (value: string) => Buffer.byteLength(value);

function rule(limit: number, pattern: string, message: string, ...examples: string[]): (value: string) => string[] {
  const text = regexError(message, pattern, ...examples);
  const unit = pattern === labelValue ? 'bytes' : 'characters';
  return (value) => {
    const errors: string[] = [];
    if (bytes(value) > limit) errors.push(maxLength(limit, unit));
    if (!matches(pattern, value)) errors.push(text);
    return errors;
  };
}

const plainDnsLabel = rule(
  63,
  label,
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
  'my-name',
  '123-abc',
);

/** RFC 1123 label: Namespaces, containers, ports of Services. What would do as a subdomain only has too many dots. */
export function dnsLabel(value: string): string[] {
  const errors = plainDnsLabel(value);
  if (!value.includes('.') || !matches(subdomain, value)) return errors;
  return [...errors.slice(0, -1), 'must not contain dots'];
}

/** RFC 1123 subdomain: the name of most objects. */
export const dnsSubdomain = rule(
  253,
  subdomain,
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
  'example.com',
);

/** RFC 1035 label: Services. */
export const dns1035Label = rule(
  63,
  label1035,
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
  'my-name',
  'abc-123',
);

/** `*.example.com`: hosts of Ingresses. */
export const wildcardDnsSubdomain = rule(
  253,
  `\\*\\.${subdomain}`,
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
  '*.example.com',
);

export const validLabelValue = rule(
  63,
  labelValue,
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  'MyValue',
  'my_value',
  '12345',
);

const nameMessage = regexError(
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  qualifiedName,
  'MyName',
  'my.name',
  '123-abc',
);

/** `[prefix/]name`: keys of labels, annotations, taints, resources. */
export function validQualifiedName(value: string): string[] {
  const errors: string[] = [];
  const parts = value.split('/');
  if (parts.length > 2) {
    return [
      `a valid label key ${nameMessage} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const name = parts.at(-1) ?? '';
  const prefix = parts.length === 2 ? (parts[0] ?? '') : undefined;
  if (prefix === '') errors.push('prefix part must be non-empty');
  else if (prefix !== undefined) errors.push(...dnsSubdomain(prefix).map((message) => `prefix part ${message}`));
  if (name === '') errors.push('name part must be non-empty');
  else if (bytes(name) > 63) errors.push(`name part ${maxLength(63, 'bytes')}`);
  if (!matches(qualifiedName, name)) errors.push(`name part ${nameMessage}`);
  return errors;
}

const configKeyShape = rule(
  253,
  configKey,
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
  'key.name',
  'KEY_NAME',
  'key-name',
);

/** Keys of ConfigMaps and Secrets. */
export function validConfigKey(value: string): string[] {
  const errors = configKeyShape(value);
  if (value === '.') errors.push("must not be '.'");
  else if (value === '..') errors.push("must not be '..'");
  else if (value.startsWith('..')) errors.push("must not start with '..'");
  return errors;
}

/** Names that only have to fit into a URL path: everything in rbac.authorization.k8s.io. */
export function pathSegment(value: string): string[] {
  if (value === '.' || value === '..') return [`may not be '${value}'`];
  return ['/', '%'].filter((c) => value.includes(c)).map((c) => `may not contain '${c}'`);
}

/** Printable ASCII without `=`: since 1.34 (RelaxedEnvironmentVariableValidation). */
export function envVarName(value: string): string[] {
  const message = "a valid environment variable name must consist only of printable ASCII characters other than '='";
  if (value === '') return ['environment variable name must be non-empty', message];
  return /^[ -<>-~]+$/.test(value) ? [] : [message];
}

export function httpHeaderName(value: string): string[] {
  if (matches(headerName, value)) return [];
  return [
    regexError("a valid HTTP header must consist of alphanumeric characters or '-'", headerName, 'X-Header-Name'),
  ];
}

export function validPercent(value: string): string[] {
  if (matches(percent, value)) return [];
  return [
    regexError("a valid percent string must be a numeric string followed by an ending '%'", percent, '1%', '93%'),
  ];
}

export function validPortNumber(port: number): string[] {
  return port >= 1 && port <= 65535 ? [] : [inclusiveRange(1, 65535)];
}

/** IANA service name: `containers[].ports[].name`, `targetPort`. */
export function validPortName(value: string): string[] {
  const errors: string[] = [];
  if (value.length > 15) errors.push(maxLength(15));
  if (!/^[-a-z0-9]+$/.test(value))
    errors.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  if (!/[a-z]/.test(value)) errors.push('must contain at least one letter (a-z)');
  if (value.includes('--')) errors.push('must not contain consecutive hyphens');
  if (value.startsWith('-') || value.endsWith('-')) errors.push('must not begin or end with a hyphen');
  return errors;
}

export function validIP(value: string): string[] {
  return isIP(value) ? [] : ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'];
}

export function validCidr(value: string): string[] {
  const [address = '', bits = '', ...rest] = value.split('/');
  const limit = isIPv4(address) ? 32 : isIPv6(address) ? 128 : -1;
  const fine = rest.length === 0 && /^(0|[1-9]\d*)$/.test(bits) && Number(bits) <= limit;
  return fine ? [] : ['must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'];
}

/** `example.com/path`: controllers of IngressClasses, conditions set by users. */
export function domainPrefixedPath(value: string): string[] {
  const slash = value.indexOf('/');
  if (slash <= 0 || slash === value.length - 1) return ['must be a domain-prefixed path (such as "acme.io/foo")'];
  const host = dnsSubdomain(value.slice(0, slash));
  if (host.length > 0) return host;
  const path = value.slice(slash + 1);
  return matches(pathCharacters, path) ? [] : [regexError('Invalid path', pathCharacters)];
}

/** Rules for `metadata.name` by the name that resource definitions use. */
export const nameRules = {
  'dns-subdomain': dnsSubdomain,
  'dns-label': dnsLabel,
  'dns-1035-label': dns1035Label,
  'path-segment': pathSegment,
} as const;

/** A name rule applied to `metadata.generateName`: a trailing dash counts as a letter, as random ones follow. */
export function prefixRule(rule: (value: string) => string[]): (prefix: string) => string[] {
  return (prefix) => rule(prefix.length > 1 && prefix.endsWith('-') ? `${prefix.slice(0, -1)}a` : prefix);
}
