/** HTTPRoute: which requests go to which backends. */
import {
  about,
  conditions,
  integer,
  keyedListOf,
  listOf,
  names,
  object,
  oneOf,
  root,
  rule,
  ruled,
  type Schema,
  text,
  withDefault,
} from '../schema-parts.ts';
import { backendReference, filters } from './http-filters.ts';
import { parentReference } from './references.ts';

const prefixOfAll = { type: 'PathPrefix', value: '/' };

const plainTypes = "['Exact', 'PathPrefix']";
const plainPaths = (test: string, message: string) => rule(`!(self.type in ${plainTypes}) || ${test}`, message);
const notWithin = (part: string) =>
  plainPaths(`!self.value.contains('${part}')`, `must not contain '${part}' when type one of ${plainTypes}`);
const notAtEnd = (part: string) =>
  plainPaths(`!self.value.endsWith('${part}')`, `must not end with '${part}' when type one of ${plainTypes}`);
const pathCharacters = "^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|[%][0-9a-fA-F]{2})+$";

const path = about(
  'The path of the request.',
  withDefault(
    ruled(
      object({
        type: withDefault(oneOf('Exact', 'PathPrefix', 'RegularExpression'), 'PathPrefix'),
        value: withDefault(text({ maxLength: 1024 }), '/'),
      }),
      plainPaths(
        "self.value.startsWith('/')",
        `value must be an absolute path and start with '/' when type one of ${plainTypes}`,
      ),
      ...['//', '/./', '/../', '%2f', '%2F', '#'].map(notWithin),
      ...['/..', '/.'].map(notAtEnd),
      rule(
        `self.type in ${plainTypes} || self.type == 'RegularExpression'`,
        "type must be one of ['Exact', 'PathPrefix', 'RegularExpression']",
      ),
      plainPaths(
        `self.value.matches(r"""${pathCharacters}""")`,
        `must only contain valid characters (matching ${pathCharacters}) for types ${plainTypes}`,
      ),
    ),
    prefixOfAll,
  ),
);

/** A header or a parameter with a value. */
const pair = (maxLength: number) =>
  object(
    {
      name: about('Its name.', names.httpHeader),
      type: withDefault(oneOf('Exact', 'RegularExpression'), 'Exact'),
      value: about('Its value.', text({ minLength: 1, maxLength })),
    },
    ['name', 'value'],
  );

const match = object({
  headers: about('Headers that the request must have.', keyedListOf(pair(4096), 'name', 16)),
  method: oneOf('GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH'),
  path,
  queryParams: about('Parameters that the URL must have.', keyedListOf(pair(1024), 'name', 16)),
});

const timeout = text({ pattern: '^([0-9]{1,5}(h|m|s|ms)){1,4}$' });
const timeouts = about(
  'How long things may take.',
  ruled(
    object({
      backendRequest: about('One request to a backend.', timeout),
      request: about('The whole request of the client.', timeout),
    }),
    rule(
      "!has(self.request) || !has(self.backendRequest) || duration(self.request) == duration('0s') || " +
        'duration(self.backendRequest) <= duration(self.request)',
      'backendRequest timeout cannot be longer than request timeout',
    ),
  ),
);

const backends = about(
  'Where the requests go, by weight.',
  listOf(
    backendReference({
      filters,
      weight: about('The share of requests, compared with the other backends.', withDefault(integer(0, 1_000_000), 1)),
    }),
    16,
  ),
);

/** A prefix can only be replaced where exactly one has matched. @param within the filters of the rule, or those of backends */
function onePrefix(field: string, name: string, within: 'rule' | 'backends'): ReturnType<typeof rule> {
  const replaces =
    `f, has(f.${field}) && has(f.${field}.path) && f.${field}.path.type == 'ReplacePrefixMatch' && ` +
    `has(f.${field}.path.replacePrefixMatch)`;
  const used =
    within === 'rule'
      ? `has(self.filters) && self.filters.exists_one(${replaces})`
      : `has(self.backendRefs) && self.backendRefs.exists_one(b, has(b.filters) && b.filters.exists_one(${replaces}))`;
  const single = "size(self.matches) == 1 && has(self.matches[0].path) && self.matches[0].path.type == 'PathPrefix'";
  const when =
    within === 'rule' ? 'When' : field === 'urlRewrite' ? 'Within backendRefs, When' : 'Within backendRefs, when';
  return rule(
    `!(${used}) || (${single})`,
    `${when} using ${name} filter with path.replacePrefixMatch, exactly one PathPrefix match must be specified`,
  );
}

const routeRule = ruled(
  object({
    backendRefs: backends,
    filters,
    matches: about('Which requests are meant: any of these.', withDefault(listOf(match, 64), [{ path: prefixOfAll }])),
    name: about('Name of the rule.', names.section),
    timeouts,
  }),
  rule(
    '!has(self.backendRefs) || size(self.backendRefs) == 0 || !has(self.filters) || self.filters.all(f, !has(f.requestRedirect))',
    'RequestRedirect filter must not be used together with backendRefs',
  ),
  onePrefix('requestRedirect', 'RequestRedirect', 'rule'),
  onePrefix('urlRewrite', 'URLRewrite', 'rule'),
  onePrefix('requestRedirect', 'RequestRedirect', 'backends'),
  onePrefix('urlRewrite', 'URLRewrite', 'backends'),
);

const maxRules = 16;
const matchesOf = (i: number) => `(self.size() > ${i} ? self[${i}].matches.size() : 0)`;

const rules = about(
  'What is done with which requests.',
  withDefault(
    ruled(
      listOf(routeRule, maxRules),
      rule(
        `${Array.from({ length: maxRules }, (_, i) => matchesOf(i)).join(' + ')} <= 128`,
        'While 16 rules and 64 matches per rule are allowed, the total number of matches across all rules in a route must be less than 128',
      ),
    ),
    [{ matches: [{ path: prefixOfAll }] }],
  ),
);

const isSet = (one: string, field: string) => `(has(${one}.${field}) && ${one}.${field} != '')`;
const sameSetting = (field: string) =>
  `${isSet('p', field)} == ${isSet('q', field)} && (!${isSet('p', field)} || p.${field} == q.${field})`;
const sameParent = `p.group == q.group && p.kind == q.kind && p.name == q.name && ${sameSetting('__namespace__')}`;

const parents = about(
  'Gateways that the route wants to be attached to.',
  ruled(
    listOf(parentReference, 32),
    rule(
      `self.all(p, self.all(q, !(${sameParent}) || ${isSet('p', 'sectionName')} == ${isSet('q', 'sectionName')}))`,
      'sectionName must be specified when parentRefs includes 2 or more references to the same parent',
    ),
    rule(
      `self.all(p, self.exists_one(q, ${sameParent} && ${sameSetting('sectionName')}))`,
      'sectionName must be unique when parentRefs includes 2 or more references to the same parent',
    ),
  ),
);

const spec = about(
  'What is wanted.',
  object({
    hostnames: about('Hosts whose requests are meant; by default all.', listOf(names.hostname, 16)),
    parentRefs: parents,
    rules,
  }),
);

const status = about(
  'What controllers have made of it.',
  object(
    {
      parents: about(
        'The state at each parent.',
        listOf(
          object(
            {
              conditions: { ...conditions, minItems: 1 },
              controllerName: about('The controller that wrote this.', names.domainPath),
              parentRef: about('The parent that this is about.', parentReference),
            },
            ['conditions', 'controllerName', 'parentRef'],
          ),
          32,
        ),
      ),
    },
    ['parents'],
  ),
);

export const httpRouteSchema: Schema = root('Rules by which requests over HTTP reach backends.', spec, status);
