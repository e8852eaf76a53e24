/** `format.dns1123Label().validate(self)`: formats by name. */
import {
  dns1035Label,
  dnsLabel,
  dnsSubdomain,
  prefixRule,
  validLabelValue,
  validQualifiedName,
} from '../../validation.ts';
import type { Definitions } from '../functions.ts';
import { formatCheck } from '../string-formats.ts';
import { ArrayList, Opaque, Optional } from '../values.ts';

type Validate = (text: string) => string[];

class NamedFormat extends Opaque {
  readonly typeName = 'kubernetes.NamedFormat';
  readonly name: string;
  readonly validate: Validate;

  constructor(name: string, validate: Validate) {
    super();
    this.name = name;
    this.validate = validate;
  }

  equals(other: Opaque): boolean {
    return other instanceof NamedFormat && other.name === this.name;
  }
}

const checked = (format: string, message: string): Validate => {
  const check = formatCheck(format);
  return (text) => (check?.(text) ? [] : [message]);
};

const rules: Readonly<Record<string, Validate>> = {
  dns1123Label: dnsLabel,
  dns1123Subdomain: dnsSubdomain,
  dns1035Label,
  qualifiedName: validQualifiedName,
  dns1123LabelPrefix: prefixRule(dnsLabel),
  dns1123SubdomainPrefix: prefixRule(dnsSubdomain),
  dns1035LabelPrefix: prefixRule(dns1035Label),
  labelValue: validLabelValue,
  uri: (text) => (formatCheck('uri')?.(text) ? [] : [`parse ${JSON.stringify(text)}: invalid URI for request`]),
  uuid: checked('uuid', 'does not match the UUID format'),
  byte: checked('byte', 'invalid base64'),
  date: checked('date', 'invalid date'),
  datetime: checked('datetime', 'invalid datetime'),
};

const formats = new Map(
  Object.entries(rules).map(([name, validate]) => [name, new NamedFormat(name, validate)] as const),
);

function validated(format: NamedFormat, text: string): Optional {
  const errors = format.validate(text);
  return errors.length === 0 ? Optional.none : new Optional(new ArrayList(errors));
}

export const formatLibrary: Definitions = {
  ...Object.fromEntries(
    [...formats].map(([name, format]) => [`format.${name}`, [`format.${name}() -> Format`, () => format] as const]),
  ),
  'format-validate': ['Format.validate(string) -> optional(list(string))', validated],
  'format-named': [
    'format.named(string) -> optional(Format)',
    (name: string) => (formats.has(name) ? new Optional(formats.get(name)) : Optional.none),
  ],
};
