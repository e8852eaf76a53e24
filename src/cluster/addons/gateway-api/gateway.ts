/** Gateway: where traffic comes in. */
import {
  about,
  conditions,
  integer,
  keyedListOf,
  listOf,
  mapOf,
  names,
  object,
  oneOf,
  pending,
  port,
  type Rule,
  root,
  rule,
  ruled,
  type Schema,
  text,
  withDefault,
} from '../schema-parts.ts';
import { localReference, objectReference, routeKind } from './references.ts';

const hostnamePattern = `^(\\*\\.)?${names.subdomain}$`;

const addressType = about(
  'IPAddress, Hostname, NamedAddress or a type of the controller.',
  withDefault(
    text({
      ...{ minLength: 1, maxLength: 253 },
      pattern: `^Hostname|IPAddress|NamedAddress|${names.subdomain}\\/[A-Za-z0-9\\/\\-._~%!$&'()*+,;=:]+$`,
    }),
    'IPAddress',
  ),
);

/** An address of the wanted kind; of IP addresses the value must be one. */
function address(value: Schema, isRequired: boolean, hostnameRule: Rule): Schema {
  const ofAddress: Schema = {
    properties: { type: { enum: ['IPAddress'] }, value: { anyOf: [{ format: 'ipv4' }, { format: 'ipv6' }] } },
  };
  const ofOthers: Schema = { properties: { type: { not: { enum: ['IPAddress'] } } } };
  return {
    ...ruled(
      object({ type: addressType, value: about('The address itself.', value) }, isRequired ? ['value'] : []),
      hostnameRule,
    ),
    oneOf: [ofAddress, ofOthers],
  };
}

const uniqueAddresses = (type: string) =>
  rule(
    `self.all(a, a.type != '${type}' || !has(a.value) || self.exists_one(b, b.type == a.type && has(b.value) && b.value == a.value))`,
    `${type} values must be unique`,
  );

const wantedAddresses = about(
  'Addresses that are asked for; by default the controller picks them.',
  ruled(
    listOf(
      address(
        text({ maxLength: 253 }),
        false,
        rule(
          `self.type != 'Hostname' || !has(self.value) || self.value.matches(r"""${hostnamePattern}""")`,
          `Hostname value must be empty or contain only valid characters (matching ${hostnamePattern})`,
        ),
      ),
      16,
    ),
    uniqueAddresses('IPAddress'),
    uniqueAddresses('Hostname'),
  ),
);

const boundAddresses = about(
  'Addresses that the Gateway has.',
  listOf(
    address(
      text({ minLength: 1, maxLength: 253 }),
      true,
      rule(
        `self.type != 'Hostname' || self.value.matches(r"""${hostnamePattern}""")`,
        `Hostname value must only contain valid characters (matching ${hostnamePattern})`,
      ),
    ),
    16,
  ),
);

const keyShape = `^(${names.subdomain}/)?([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]$`;

/** @param what `Annotation`, `Label` */
const keyRules = (what: string) => [
  rule(
    `self.all(key, key.matches(r"""${keyShape}"""))`,
    `${what} keys must be in the form of an optional DNS subdomain prefix followed by a required name segment of up to 63 characters.`,
  ),
  rule(
    'self.all(key, key.split("/")[0].size() < 253)',
    `If specified, the ${what.toLowerCase()} key's prefix must be a DNS subdomain not longer than 253 characters in total.`,
  ),
];

const labelValue = text({ minLength: 0, maxLength: 63, pattern: '^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$' });
const infrastructure = about(
  'For what is made on behalf of the Gateway.',
  object({
    annotations: about(
      'Annotations of what is made.',
      ruled(mapOf(text({ minLength: 0, maxLength: 4096 }), 8), ...keyRules('Annotation')),
    ),
    labels: about('Labels of what is made.', ruled(mapOf(labelValue, 8), ...keyRules('Label'))),
    parametersRef: about('An object with more settings of the controller.', localReference),
  }),
);

const selector: Schema = about('Labels of the Namespaces, with Selector.', {
  ...object({
    matchExpressions: listOf(
      object({ key: { type: 'string' }, operator: { type: 'string' }, values: listOf({ type: 'string' }) }, [
        'key',
        'operator',
      ]),
    ),
    matchLabels: { type: 'object', additionalProperties: { type: 'string' } },
  }),
  'x-kubernetes-map-type': 'atomic',
});

const allowedRoutes = about(
  'Which routes may be attached to the listener.',
  withDefault(
    object({
      kinds: about('Kinds of routes; by default what the protocol allows.', listOf(routeKind, 8)),
      namespaces: about(
        'Namespaces of the routes.',
        withDefault(object({ from: withDefault(oneOf('All', 'Selector', 'Same'), 'Same'), selector }), {
          from: 'Same',
        }),
      ),
    }),
    { namespaces: { from: 'Same' } },
  ),
);

const tls = about(
  'How TLS ends here, or passes through.',
  ruled(
    object({
      certificateRefs: about('Secrets with certificates and keys.', listOf(objectReference('', 'Secret'), 64)),
      mode: withDefault(oneOf('Terminate', 'Passthrough'), 'Terminate'),
      options: about('More settings of the controller.', mapOf(text({ minLength: 0, maxLength: 4096 }), 16)),
    }),
    rule(
      "self.mode != 'Terminate' || size(self.certificateRefs) > 0 || size(self.options) > 0",
      'certificateRefs or options must be specified when mode is Terminate',
    ),
  ),
);

const protocolPattern = `^[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?$|${names.subdomain}\\/[A-Za-z0-9]+$`;

const listener = object(
  {
    allowedRoutes,
    hostname: about('Only requests for this host, for protocols that know it.', names.hostname),
    name: about('Name of the listener, unique within the Gateway.', names.section),
    port: about('The port that is listened on.', port),
    protocol: about(
      'HTTP, HTTPS, TLS, TCP, UDP or one of the controller.',
      text({ minLength: 1, maxLength: 255, pattern: protocolPattern }),
    ),
    tls,
  },
  ['name', 'port', 'protocol'],
);

const listeners = about('What the Gateway listens on.', {
  ...ruled(
    keyedListOf(listener, 'name', 64),
    rule(
      "self.all(l, !(l.protocol in ['HTTP', 'TCP', 'UDP']) || !has(l.tls))",
      "tls must not be specified for protocols ['HTTP', 'TCP', 'UDP']",
    ),
    rule(
      "self.all(l, l.protocol != 'HTTPS' || !has(l.tls) || l.tls.mode == '' || l.tls.mode == 'Terminate')",
      'tls mode must be Terminate for protocol HTTPS',
    ),
    rule(
      "self.all(l, !(l.protocol in ['TCP', 'UDP']) || !has(l.hostname) || l.hostname == '')",
      "hostname must not be specified for protocols ['TCP', 'UDP']",
    ),
    rule('self.all(a, self.exists_one(b, a.name == b.name))', 'Listener name must be unique within the Gateway'),
    rule(
      'self.all(a, self.exists_one(b, a.port == b.port && a.protocol == b.protocol && ' +
        'has(a.hostname) == has(b.hostname) && (!has(a.hostname) || a.hostname == b.hostname)))',
      'Combination of port, protocol and hostname must be unique for each listener',
    ),
  ),
  minItems: 1,
});

const spec = about(
  'What is wanted.',
  object(
    {
      addresses: wantedAddresses,
      gatewayClassName: about('Name of the GatewayClass.', names.object),
      infrastructure,
      listeners,
    },
    ['gatewayClassName', 'listeners'],
  ),
);

const initial = pending('Accepted', 'Programmed');

const status = about(
  'What the controller has made of it.',
  withDefault(
    object({
      addresses: boundAddresses,
      conditions: withDefault(conditions, initial),
      listeners: about(
        'The state of each listener.',
        keyedListOf(
          object(
            {
              attachedRoutes: about('How many routes are attached.', integer()),
              conditions,
              name: about('Name of the listener.', names.section),
              supportedKinds: about('Kinds of routes that may be attached.', listOf(routeKind, 8)),
            },
            ['attachedRoutes', 'conditions', 'name', 'supportedKinds'],
          ),
          'name',
          64,
        ),
      ),
    }),
    { conditions: initial },
  ),
);

export const gatewaySchema: Schema = root(
  'A place where traffic enters, with listeners that routes attach to.',
  spec,
  status,
);
