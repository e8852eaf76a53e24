/** Filters of HTTPRoutes: what is done to requests and responses on the way. */
import {
  about,
  integer,
  keyedListOf,
  listOf,
  names,
  object,
  oneOf,
  port,
  rule,
  ruled,
  type Schema,
  setOf,
  text,
  withDefault,
} from '../schema-parts.ts';
import { localReference, objectReference } from './references.ts';

const header = object(
  {
    name: about('Name of the header.', names.httpHeader),
    value: about('Its value.', text({ minLength: 1, maxLength: 4096 })),
  },
  ['name', 'value'],
);

const headerModifier = (what: string) =>
  about(
    `Changes headers of the ${what}.`,
    object({
      add: about('Added to what is there.', keyedListOf(header, 'name', 16)),
      remove: about('Names of headers that are taken away.', setOf({ type: 'string' }, 16)),
      set: about('Put in place of what is there.', keyedListOf(header, 'name', 16)),
    }),
  );

/** A backend that is a Service needs a port. */
export const backendReference = (more: Record<string, Schema> = {}) =>
  ruled(
    objectReference('', 'Service', { port: about('Port of the Service.', port), ...more }),
    rule("size(self.group) != 0 || self.kind != 'Service' || has(self.port)", 'Must have port for Service reference'),
  );

const requestMirror = about(
  'Sends requests to another backend, too; what it answers is dropped.',
  ruled(
    object(
      {
        backendRef: backendReference(),
        fraction: about(
          'How many of all requests.',
          ruled(
            object({ denominator: withDefault(integer(1), 100), numerator: integer(0) }, ['numerator']),
            rule('self.numerator <= self.denominator', 'numerator must be less than or equal to denominator'),
          ),
        ),
        percent: about('How many of a hundred requests.', integer(0, 100)),
      },
      ['backendRef'],
    ),
    rule(
      '!has(self.percent) || !has(self.fraction)',
      'Only one of percent or fraction may be specified in HTTPRequestMirrorFilter',
    ),
  ),
);

/** A field and the type that it belongs to need each other. */
const goesWith = (field: string, type: string) => [
  rule(`self.type != '${type}' || has(self.${field})`, `${field} must be specified when type is set to '${type}'`),
  rule(`!has(self.${field}) || self.type == '${type}'`, `type must be '${type}' when ${field} is set`),
];

const path = about(
  'Changes the path.',
  ruled(
    object(
      {
        replaceFullPath: about('The new path.', text({ maxLength: 1024 })),
        replacePrefixMatch: about('The new prefix, in place of the one that matched.', text({ maxLength: 1024 })),
        type: oneOf('ReplaceFullPath', 'ReplacePrefixMatch'),
      },
      ['type'],
    ),
    ...goesWith('replaceFullPath', 'ReplaceFullPath'),
    ...goesWith('replacePrefixMatch', 'ReplacePrefixMatch'),
  ),
);

const requestRedirect = about(
  'Answers with another location.',
  object({
    hostname: about('Host of the location.', names.preciseHostname),
    path,
    port: about('Port of the location.', port),
    scheme: oneOf('http', 'https'),
    statusCode: withDefault({ type: 'integer', enum: [301, 302] as unknown as object[] }, 302),
  }),
);

const urlRewrite = about(
  'Changes the URL before the request goes on.',
  object({ hostname: about('The new host.', names.preciseHostname), path }),
);

const byType: Readonly<Record<string, readonly [field: string, schema: Schema]>> = {
  RequestHeaderModifier: ['requestHeaderModifier', headerModifier('request')],
  ResponseHeaderModifier: ['responseHeaderModifier', headerModifier('response')],
  RequestMirror: ['requestMirror', requestMirror],
  RequestRedirect: ['requestRedirect', requestRedirect],
  URLRewrite: ['urlRewrite', urlRewrite],
  ExtensionRef: ['extensionRef', about('A filter of the controller.', localReference)],
};

const filter = ruled(
  object({ ...Object.fromEntries(Object.values(byType)), type: oneOf(...Object.keys(byType)) }, ['type']),
  ...Object.entries(byType).flatMap(([type, [field]]) => [
    rule(
      `!has(self.${field}) || self.type == '${type}'`,
      `filter.${field} must be nil if the filter.type is not ${type}`,
    ),
    rule(`has(self.${field}) || self.type != '${type}'`, `filter.${field} must be specified for ${type} filter.type`),
  ]),
);

const once = (type: string) =>
  rule(`self.filter(f, f.type == '${type}').size() <= 1`, `${type} filter cannot be repeated`);

export const filters = about(
  'What is done to requests and responses.',
  ruled(
    listOf(filter, 16),
    rule(
      "!self.exists(f, f.type == 'RequestRedirect') || !self.exists(f, f.type == 'URLRewrite')",
      'May specify either httpRouteFilterRequestRedirect or httpRouteFilterRequestRewrite, but not both',
    ),
    ...['RequestHeaderModifier', 'ResponseHeaderModifier', 'RequestRedirect', 'URLRewrite'].map(once),
  ),
);
