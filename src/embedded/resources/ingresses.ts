import { isIP } from 'node:net';
import type { HTTPIngressPath, Ingress, IngressBackend, IngressRule, IngressTLS } from '../../kube/api.gen.ts';
import { ingresses } from '../../kube/resources.ts';
import {
  dns1035Label,
  dnsSubdomain,
  validPortName,
  validPortNumber,
  wildcardDnsSubdomain,
} from '../../kube/validation.ts';
import type { FieldError } from '../definition.ts';
import * as field from '../errors/field.ts';
import { defineResource } from './define.ts';
import { age, none } from './printing/common.ts';
import { keepOtherPart } from './status-strategy.ts';
import { validateLoadBalancer } from './validate/load-balancer.ts';
import { validateTypedReference } from './validate/typed-reference.ts';

const classAnnotation = 'kubernetes.io/ingress.class';
const pathTypes = ['Exact', 'ImplementationSpecific', 'Prefix'];
const badSequences = ['//', '/./', '/../', '%2f', '%2F'];
const badSuffixes = ['/..', '/.'];

function validateBackend(backend: IngressBackend | undefined, at: field.FieldPath): FieldError[] {
  const { service, resource } = backend ?? {};
  if (service && resource) return [field.invalid(at, '', 'cannot set both resource and service backends')];
  if (resource) return validateTypedReference(resource, at.child('resource'));
  if (!service) return [field.invalid(at, '', 'resource or service backend is required')];
  const errors: FieldError[] = [];
  const where = at.child('service');
  if (!service.name) errors.push(field.required(where.child('name')));
  else errors.push(...field.invalidEach(where.child('name'), service.name, dns1035Label(service.name)));
  const { name, number } = service.port ?? {};
  if (name && number) errors.push(field.invalid(at, '', 'cannot set both port name & port number'));
  else if (name) errors.push(...field.invalidEach(where.child('port', 'name'), name, validPortName(name)));
  else if (number) errors.push(...field.invalidEach(where.child('port', 'number'), number, validPortNumber(number)));
  else errors.push(field.required(at, 'port name or number is required'));
  return errors;
}

function validatePath(path: HTTPIngressPath, at: field.FieldPath): FieldError[] {
  const where = at.child('path');
  const text = path.path ?? '';
  if ((path.pathType ?? undefined) === undefined)
    return [field.required(at.child('pathType'), 'pathType must be specified')];
  const errors: FieldError[] = [];
  const absolute = text.startsWith('/');
  switch (path.pathType) {
    case 'Exact':
    case 'Prefix':
      if (!absolute) errors.push(field.invalid(where, text, 'must be an absolute path'));
      for (const bad of badSequences) {
        if (text.includes(bad)) errors.push(field.invalid(where, text, `must not contain '${bad}'`));
      }
      for (const bad of badSuffixes) {
        if (text.endsWith(bad)) errors.push(field.invalid(where, text, `cannot end with '${bad}'`));
      }
      break;
    case 'ImplementationSpecific':
      if (text !== '' && !absolute) errors.push(field.invalid(where, text, 'must be an absolute path'));
      break;
    default:
      errors.push(field.notSupported(at.child('pathType'), path.pathType, pathTypes));
  }
  return [...errors, ...validateBackend(path.backend, at.child('backend'))];
}

const validateHostName = (host: string, where: field.FieldPath) =>
  field.invalidEach(where, host, host.includes('*') ? wildcardDnsSubdomain(host) : dnsSubdomain(host));

function validateRule({ host, http }: IngressRule, at: field.FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  if (host) {
    if (isIP(host)) errors.push(field.invalid(at.child('host'), host, 'must be a DNS name, not an IP address'));
    errors.push(...validateHostName(host, at.child('host')));
  }
  if (!http) return errors;
  const paths = http.paths ?? [];
  const where = at.child('http', 'paths');
  if (paths.length === 0) errors.push(field.required(where));
  return [...errors, ...paths.flatMap((path, i) => validatePath(path, where.index(i)))];
}

function validateTls({ hosts, secretName }: IngressTLS, at: field.FieldPath): FieldError[] {
  return [
    ...(hosts ?? []).flatMap((host, i) => validateHostName(host, at.child('hosts').index(i))),
    ...(secretName ? field.invalidEach(at.child('secretName'), secretName, dnsSubdomain(secretName)) : []),
  ];
}

function validateSpec({ spec = {} }: Ingress): FieldError[] {
  const at = field.path('spec');
  const { rules = [], defaultBackend, tls = [], ingressClassName: name } = spec;
  return [
    ...(rules.length === 0 && !defaultBackend
      ? [field.invalid(at, null, 'either `defaultBackend` or `rules` must be specified')]
      : []),
    ...(defaultBackend ? validateBackend(defaultBackend, at.child('defaultBackend')) : []),
    ...rules.flatMap((rule, i) => validateRule(rule, at.child('rules').index(i))),
    ...tls.flatMap((entry, i) => validateTls(entry, at.child('tls').index(i))),
    ...(name !== undefined ? field.invalidEach(at.child('ingressClassName'), name, dnsSubdomain(name)) : []),
  ];
}

/** Where a class is asked for in both ways, the two have to agree. */
function validateClass({ metadata, spec }: Ingress): FieldError[] {
  const annotation = metadata?.annotations?.[classAnnotation];
  const name = spec?.ingressClassName;
  if (annotation === undefined || name === undefined || annotation === name) return [];
  const where = field.path('annotations', classAnnotation);
  return [field.invalid(where, annotation, 'must match `ingressClassName` when both are specified')];
}

/** At most three hosts are named. */
function hostsText(rules: readonly IngressRule[] | undefined): string {
  const hosts = (rules ?? []).map((rule) => rule.host ?? '').filter((host) => host !== '');
  if (hosts.length === 0) return '*';
  const shown = hosts.slice(0, 3).join(',');
  return hosts.length > 3 ? `${shown} + ${hosts.length - 3} more...` : shown;
}

const addressWidth = 16;

/** Addresses in order, cut as kube-apiserver cuts them. */
function addressText({ status }: Ingress): string {
  const addresses = (status?.loadBalancer?.ingress ?? []).map((i) => i.ip || i.hostname || '').filter((a) => a !== '');
  const text = [...new Set(addresses)].sort().join(',');
  return text.length > addressWidth ? `${text.slice(0, addressWidth - 3)}...` : text;
}

export const ingressResource = defineResource<Ingress>({
  ...ingresses,
  strategy: {
    prepareForCreate(ingress) {
      ingress.status = {};
    },
    prepareForUpdate: keepOtherPart,
    validate: (ingress, { subresource, operation }) => {
      if (subresource === 'status') {
        return validateLoadBalancer(ingress.status?.loadBalancer, field.path('status', 'loadBalancer'));
      }
      return [...validateSpec(ingress), ...(operation === 'create' ? validateClass(ingress) : [])];
    },
    warnings: (ingress, old) =>
      old === undefined &&
      ingress.metadata?.annotations?.[classAnnotation] !== undefined &&
      ingress.spec?.ingressClassName === undefined
        ? [`annotation ${field.quote(classAnnotation)} is deprecated, please use 'spec.ingressClassName' instead`]
        : [],
  },
  cells: (ingress, now) => [
    ingress.metadata.name,
    ingress.spec?.ingressClassName ?? none,
    hostsText(ingress.spec?.rules),
    addressText(ingress),
    (ingress.spec?.tls ?? []).length > 0 ? '80, 443' : '80',
    age(ingress.metadata.creationTimestamp, now),
  ],
});
