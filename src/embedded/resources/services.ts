import type { Service } from '../../kube/api.gen.ts';
import type { Stored } from '../../kube/meta.ts';
import { services } from '../../kube/resources.ts';
import { invalid } from '../errors/status.ts';
import { defineResource } from './define.ts';
import { serviceCells } from './printing/service.ts';
import { allocate, needsHealthCheckPort } from './service-allocation.ts';
import { isExternallyAccessible, serviceWarnings, validateService, validateServiceUpdate } from './validate/service.ts';
import { validateAllocations, validateRequestedAddresses } from './validate/service-addresses.ts';

/** How long ClientIP affinity lasts unless said otherwise: three hours. */
const affinitySeconds = 10_800;

function defaults(service: Service): void {
  service.spec ??= {};
  const spec = service.spec;
  spec.sessionAffinity ||= 'None';
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig;
  if (spec.sessionAffinity === 'ClientIP') {
    spec.sessionAffinityConfig ??= {};
    spec.sessionAffinityConfig.clientIP ??= {};
    spec.sessionAffinityConfig.clientIP.timeoutSeconds ??= affinitySeconds;
  }
  spec.type ||= 'ClusterIP';
  for (const port of spec.ports ?? []) {
    port.protocol ||= 'TCP';
    if (!port.targetPort) port.targetPort = port.port;
  }
  if (isExternallyAccessible(service)) spec.externalTrafficPolicy ||= 'Cluster';
  if (spec.type !== 'ExternalName') spec.internalTrafficPolicy ??= 'Cluster';
  if (spec.type === 'LoadBalancer') spec.allocateLoadBalancerNodePorts ??= true;
}

/** clusterIP and clusterIPs[0] are one: whichever the client gave is copied to the other. */
function normalizeClusterIPs(service: Service, old: Service | undefined): void {
  const spec = service.spec;
  if (spec === undefined) return;
  const before = old?.spec;
  if (before === undefined) {
    if (spec.clusterIP && (spec.clusterIPs ?? []).length === 0) spec.clusterIPs = [spec.clusterIP];
    return;
  }
  const same = (a: readonly string[] | undefined, b: readonly string[] | undefined) =>
    (a ?? []).join() === (b ?? []).join();
  const touched = spec.clusterIP !== before.clusterIP;
  if (touched && same(spec.clusterIPs, before.clusterIPs)) {
    if (spec.clusterIP) spec.clusterIPs = [spec.clusterIP];
    else delete spec.clusterIPs;
  } else if (touched && (spec.clusterIPs ?? []).length === 0 && spec.clusterIP) {
    spec.clusterIPs = [spec.clusterIP];
  }
}

/** A single-stack IPv4 cluster: what is left open becomes that. */
function defaultFamilies(service: Service): void {
  const spec = service.spec;
  if (spec === undefined || spec.type === 'ExternalName') return;
  spec.ipFamilyPolicy ??= 'SingleStack';
  if ((spec.ipFamilies ?? []).length === 0) spec.ipFamilies = ['IPv4'];
}

/** An update that leaves out what was allocated keeps it, as long as the type still wants it. */
function keepAllocations(service: Service, old: Stored<Service>): void {
  const spec = service.spec;
  const before = old.spec;
  if (spec === undefined || before === undefined || spec.type === 'ExternalName') return;
  if (before.type !== 'ExternalName') {
    if (!spec.clusterIP && (spec.clusterIPs ?? []).length === 0) {
      spec.clusterIP = before.clusterIP;
      spec.clusterIPs = [...(before.clusterIPs ?? [])];
    }
    spec.ipFamilies ??= before.ipFamilies;
    spec.ipFamilyPolicy ??= before.ipFamilyPolicy;
  }
  const wantsPorts = (type: string | undefined) => type === 'NodePort' || type === 'LoadBalancer';
  if (wantsPorts(spec.type) && wantsPorts(before.type)) {
    for (const port of spec.ports ?? []) {
      const match = before.ports?.find((p) => p.port === port.port && p.protocol === port.protocol);
      const free = !spec.ports?.some((p) => p.nodePort === match?.nodePort);
      if (!port.nodePort && match?.nodePort && free) port.nodePort = match.nodePort;
    }
  }
  if (needsHealthCheckPort(service) && needsHealthCheckPort(old)) {
    spec.healthCheckNodePort ||= before.healthCheckNodePort;
  }
}

/** Changing the type drops what only the old type had, where the client left it as it was. */
function dropForType(service: Service, old: Stored<Service>): void {
  const spec = service.spec;
  const before = old.spec;
  if (spec === undefined || before === undefined || spec.type === before.type) return;
  if (spec.type === 'ExternalName') {
    if (spec.clusterIP === before.clusterIP) {
      delete spec.clusterIP;
      delete spec.clusterIPs;
    }
    for (const name of ['ipFamilies', 'ipFamilyPolicy', 'internalTrafficPolicy'] as const) {
      if (JSON.stringify(spec[name]) === JSON.stringify(before[name])) delete spec[name];
    }
  }
  if (before.type === 'ExternalName') {
    if (spec.externalName === before.externalName) delete spec.externalName;
  }
  const hadPorts = before.type === 'NodePort' || before.type === 'LoadBalancer';
  if (hadPorts && spec.type !== 'NodePort' && spec.type !== 'LoadBalancer') {
    const known = new Set((before.ports ?? []).map((p) => p.nodePort));
    for (const port of spec.ports ?? []) if (known.has(port.nodePort)) delete port.nodePort;
    if (spec.externalTrafficPolicy === before.externalTrafficPolicy) delete spec.externalTrafficPolicy;
  }
  if (before.type === 'LoadBalancer') {
    if (spec.allocateLoadBalancerNodePorts === before.allocateLoadBalancerNodePorts) {
      delete spec.allocateLoadBalancerNodePorts;
    }
    if (spec.healthCheckNodePort === before.healthCheckNodePort) delete spec.healthCheckNodePort;
    if (spec.loadBalancerClass === before.loadBalancerClass) delete spec.loadBalancerClass;
  }
}

export const serviceResource = defineResource<Service>({
  ...services,
  strategy: {
    nameRule: 'dns-1035-label',
    generation: false,
    defaults,
    prepareForCreate(service, context) {
      service.status = { loadBalancer: {} };
      normalizeClusterIPs(service, undefined);
      // Allocated before anything is validated: of a failure here, names and all the rest aren't looked at.
      const refused = validateAllocations(service, context);
      if (refused.length > 0) throw invalid(services, service.metadata?.name ?? '', refused);
      defaultFamilies(service);
      allocate(service, context);
    },
    prepareForUpdate(service, old, context) {
      if (context.subresource === 'status') {
        service.spec = structuredClone(old.spec);
        return;
      }
      service.status = service.spec?.type === 'LoadBalancer' ? structuredClone(old.status) : { loadBalancer: {} };
      normalizeClusterIPs(service, old);
      keepAllocations(service, old);
      dropForType(service, old);
      if (validateRequestedAddresses(service).length > 0) return;
      defaultFamilies(service);
      allocate(service, context);
    },
    validate: (service, context) => (context.subresource === 'status' ? [] : validateService(service, context)),
    updateErrorsFirst: true,
    validateUpdate: (service, old, { subresource }) =>
      subresource === 'status' ? [] : validateServiceUpdate(service, old),
    warnings: serviceWarnings,
  },
  fieldSelectors: {
    'spec.clusterIP': (service) => service.spec?.clusterIP ?? '',
    'spec.type': (service) => service.spec?.type ?? '',
  },
  cells: serviceCells,
});
