import type { Service, ServicePort } from '../../../kube/api.gen.ts';
import {
  dnsLabel,
  dnsSubdomain,
  validCidr,
  validIP,
  validPortNumber,
  validQualifiedName,
} from '../../../kube/validation.ts';
import type { FieldError, StrategyContext } from '../../definition.ts';
import * as field from '../../errors/field.ts';
import { goValue } from '../go/value.ts';
import { needsHealthCheckPort } from '../service-allocation.ts';
import { validateNonSpecialIP } from './ip.ts';
import { validateLabels } from './label-selector.ts';
import { validatePortNumberOrName } from './port.ts';
import { validateAllocations, validateRequestedAddresses } from './service-addresses.ts';

const spec = field.path('spec');
const protocols = ['SCTP', 'TCP', 'UDP'];

export const isHeadless = (service: Service) => service.spec?.clusterIPs?.[0] === 'None';

function validatePort(port: ServicePort, at: field.FieldPath, nameNeeded: boolean, names: Set<string>): FieldError[] {
  const errors: FieldError[] = [];
  if (port.name) {
    errors.push(...field.invalidEach(at.child('name'), port.name, dnsLabel(port.name)));
    if (names.has(port.name)) errors.push(field.duplicate(at.child('name'), port.name));
    names.add(port.name);
  } else if (nameNeeded) errors.push(field.required(at.child('name')));
  errors.push(...field.invalidEach(at.child('port'), port.port, validPortNumber(port.port)));
  if (!port.protocol) errors.push(field.required(at.child('protocol')));
  else if (!protocols.includes(port.protocol)) {
    errors.push(field.notSupported(at.child('protocol'), port.protocol, protocols));
  }
  errors.push(...validatePortNumberOrName(port.targetPort, at.child('targetPort')));
  if (port.appProtocol !== undefined) {
    errors.push(...field.invalidEach(at.child('appProtocol'), port.appProtocol, validQualifiedName(port.appProtocol)));
  }
  return errors;
}

function validateForType(service: Service): FieldError[] {
  const type = service.spec?.type;
  switch (type) {
    case 'LoadBalancer':
    case 'NodePort':
      return isHeadless(service)
        ? [field.invalid(spec.child('clusterIPs').index(0), 'None', `may not be set to 'None' for ${type} services`)]
        : [];
    case 'ExternalName': {
      const errors: FieldError[] = [];
      const unwanted = 'may not be set for ExternalName services';
      if ((service.spec?.clusterIPs ?? []).length > 0) errors.push(field.forbidden(spec.child('clusterIPs'), unwanted));
      if ((service.spec?.ipFamilies ?? []).length > 0) errors.push(field.forbidden(spec.child('ipFamilies'), unwanted));
      if (service.spec?.ipFamilyPolicy !== undefined) {
        errors.push(field.forbidden(spec.child('ipFamilyPolicy'), unwanted));
      }
      const name = (service.spec?.externalName ?? '').replace(/\.$/, '');
      if (name === '') errors.push(field.required(spec.child('externalName')));
      else errors.push(...field.invalidEach(spec.child('externalName'), name, dnsSubdomain(name)));
      return errors;
    }
    default:
      return [];
  }
}

function validateAffinity(service: Service): FieldError[] {
  const { sessionAffinity = '', sessionAffinityConfig: config } = service.spec ?? {};
  const where = spec.child('sessionAffinity');
  if (sessionAffinity === '') return [field.required(where)];
  if (sessionAffinity !== 'ClientIP' && sessionAffinity !== 'None') {
    return [field.notSupported(where, sessionAffinity, ['ClientIP', 'None'])];
  }
  if (sessionAffinity === 'None') {
    const text = 'must not be set when session affinity is None';
    return config === undefined ? [] : [field.forbidden(spec.child('sessionAffinityConfig'), text)];
  }
  const seconds = config?.clientIP?.timeoutSeconds ?? 0;
  return seconds > 0 && seconds <= 86_400
    ? []
    : [
        field.invalid(
          spec.child('sessionAffinityConfig', 'clientIP', 'timeoutSeconds'),
          seconds,
          'must be greater than 0 and less than 86400',
        ),
      ];
}

function validatePorts(service: Service): FieldError[] {
  const ports = service.spec?.ports ?? [];
  const errors: FieldError[] = [];
  const seenNodePorts = new Set<string>();
  const seenPorts = new Set<string>();
  if (service.spec?.type === 'ClusterIP') {
    for (const [i, port] of ports.entries()) {
      if (port.nodePort) {
        const where = spec.child('ports').index(i).child('nodePort');
        errors.push(field.forbidden(where, "may not be used when `type` is 'ClusterIP'"));
      }
    }
  }
  for (const [i, port] of ports.entries()) {
    const key = `${port.protocol} ${port.nodePort}`;
    if (!port.nodePort) continue;
    if (seenNodePorts.has(key)) {
      errors.push(field.duplicate(spec.child('ports').index(i).child('nodePort'), port.nodePort));
    }
    seenNodePorts.add(key);
  }
  for (const [i, port] of ports.entries()) {
    const key = `${port.protocol} ${port.port}`;
    if (seenPorts.has(key)) {
      const value = goValue('ServicePort', { protocol: port.protocol, port: port.port });
      errors.push(field.duplicate(spec.child('ports').index(i), value));
    }
    seenPorts.add(key);
  }
  return errors;
}

function validateLoadBalancer(service: Service): FieldError[] {
  const {
    type,
    loadBalancerSourceRanges: ranges = [],
    allocateLoadBalancerNodePorts,
    loadBalancerClass,
  } = service.spec ?? {};
  const errors: FieldError[] = [];
  const only = "may only be used when `type` is 'LoadBalancer'";
  if (ranges.length > 0) {
    // Kubernetes spells this field with a capital L.
    const where = spec.child('LoadBalancerSourceRanges');
    if (type !== 'LoadBalancer') errors.push(field.forbidden(where, only));
    for (const [i, range] of ranges.entries()) {
      errors.push(...field.invalidEach(where.index(i), range, validCidr(range.trim())));
    }
  }
  if (allocateLoadBalancerNodePorts !== undefined && type !== 'LoadBalancer') {
    errors.push(field.forbidden(spec.child('allocateLoadBalancerNodePorts'), only));
  }
  if (loadBalancerClass !== undefined) {
    const where = spec.child('loadBalancerClass');
    if (type !== 'LoadBalancer') errors.push(field.forbidden(where, only));
    else errors.push(...field.invalidEach(where, loadBalancerClass, validQualifiedName(loadBalancerClass)));
  }
  return errors;
}

export const isExternallyAccessible = ({ spec: s }: Service) =>
  s?.type === 'LoadBalancer' || s?.type === 'NodePort' || (s?.type === 'ClusterIP' && (s.externalIPs ?? []).length > 0);

function validateTraffic(service: Service): FieldError[] {
  const errors: FieldError[] = [];
  const { externalTrafficPolicy: external = '', internalTrafficPolicy: internal } = service.spec ?? {};
  const { healthCheckNodePort: port, trafficDistribution } = service.spec ?? {};
  const policies = ['Cluster', 'Local'];
  const where = spec.child('externalTrafficPolicy');
  if (!isExternallyAccessible(service)) {
    if (external !== '') {
      errors.push(field.invalid(where, external, 'may only be set for externally-accessible services'));
    }
  } else if (external === '') errors.push(field.required(where));
  else if (!policies.includes(external)) errors.push(field.notSupported(where, external, policies));
  if (port && !needsHealthCheckPort(service)) {
    const text = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
    errors.push(field.invalid(spec.child('healthCheckNodePort'), port, text));
  }
  if (internal !== undefined && !policies.includes(internal)) {
    errors.push(field.notSupported(spec.child('internalTrafficPolicy'), internal, policies));
  }
  const distributions = ['PreferClose', 'PreferSameZone', 'PreferSameNode'];
  if (trafficDistribution !== undefined && !distributions.includes(trafficDistribution)) {
    errors.push(field.notSupported(spec.child('trafficDistribution'), trafficDistribution, distributions));
  }
  return errors;
}

export function validateService(service: Service, context: StrategyContext): FieldError[] {
  // Addresses and ports are allocated before anything else is looked at; a failure there is the only one reported.
  const early = validateAllocations(service, context);
  if (early.length > 0) return early;
  const errors: FieldError[] = [];
  const { ports = [], type = '', externalIPs = [], selector } = service.spec ?? {};
  if (ports.length === 0 && !isHeadless(service) && type !== 'ExternalName') {
    errors.push(field.required(spec.child('ports')));
  }
  errors.push(...validateForType(service));
  const names = new Set<string>();
  for (const [i, port] of ports.entries()) {
    errors.push(...validatePort(port, spec.child('ports').index(i), ports.length > 1, names));
  }
  errors.push(...validateLabels(selector, spec.child('selector')));
  errors.push(...validateAffinity(service), ...validateRequestedAddresses(service));
  for (const [i, ip] of externalIPs.entries()) {
    const where = spec.child('externalIPs').index(i);
    const problems = validIP(ip);
    errors.push(...(problems.length > 0 ? field.invalidEach(where, ip, problems) : validateNonSpecialIP(ip, where)));
  }
  const types = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
  if (type === '') errors.push(field.required(spec.child('type')));
  else if (!types.includes(type)) errors.push(field.notSupported(spec.child('type'), type, types));
  return [...errors, ...validatePorts(service), ...validateLoadBalancer(service), ...validateTraffic(service)];
}

export function validateServiceUpdate(service: Service, old: Service): FieldError[] {
  const errors: FieldError[] = [];
  const after = service.spec;
  const before = old.spec;
  if (after?.type === 'ExternalName' || before?.type === 'ExternalName') return [];
  const once = 'may not change once set';
  if ((before?.clusterIPs ?? []).length > 0 && after?.clusterIPs?.[0] !== before?.clusterIPs?.[0]) {
    errors.push(field.invalid(spec.child('clusterIPs').index(0), after?.clusterIPs ?? [], once));
  }
  if ((before?.ipFamilies ?? []).length > 0 && after?.ipFamilies?.[0] !== before?.ipFamilies?.[0]) {
    errors.push(field.invalid(spec.child('ipFamilies').index(0), after?.ipFamilies?.[0] ?? '', once));
  }
  if (after?.type === 'LoadBalancer' && before?.type === 'LoadBalancer') {
    if (after.loadBalancerClass !== before.loadBalancerClass) {
      errors.push(field.invalid(spec.child('loadBalancerClass'), after.loadBalancerClass, once));
    }
  }
  return errors;
}

export function serviceWarnings(service: Service): string[] {
  if (!isHeadless(service)) return [];
  const found: string[] = [];
  const ignored = (name: string) => `spec.${name} is ignored for headless services`;
  if (service.spec?.loadBalancerIP) found.push(ignored('loadBalancerIP'));
  if ((service.spec?.externalIPs ?? []).length > 0) found.push(ignored('externalIPs'));
  if (service.spec?.sessionAffinity !== 'None') found.push(ignored('SessionAffinity'));
  return found;
}
