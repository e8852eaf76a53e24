import type { Service } from '../../../kube/api.gen.ts';
import { validIP } from '../../../kube/validation.ts';
import type { FieldError, StrategyContext } from '../../definition.ts';
import * as field from '../../errors/field.ts';
import { inServiceRange, isPortTaken, nodePorts, takenAddresses } from '../service-allocation.ts';

const spec = field.path('spec');
const families = ['IPv4', 'IPv6'];
const policies = ['SingleStack', 'PreferDualStack', 'RequireDualStack'];

/** Whether the cluster IPs and families that the client asks for can be had at all on this single-stack IPv4 cluster. */
export function validateRequestedAddresses(service: Service): FieldError[] {
  const { type, clusterIP = '', clusterIPs = [], ipFamilies = [], ipFamilyPolicy } = service.spec ?? {};
  if (type === 'ExternalName') return [];
  const errors: FieldError[] = [];
  if (clusterIPs.length > 0 && clusterIPs[0] !== clusterIP) {
    errors.push(field.invalid(spec.child('clusterIPs'), clusterIPs, 'first value must match `clusterIP`'));
  }
  for (const [i, family] of ipFamilies.entries()) {
    if (!families.includes(family)) {
      errors.push(field.notSupported(spec.child('ipFamilies').index(i), family, families));
    }
  }
  if (ipFamilies.length > 2) {
    errors.push(field.invalid(spec.child('ipFamilies'), ipFamilies, 'may only hold up to 2 values'));
  }
  if (ipFamilyPolicy !== undefined && !policies.includes(ipFamilyPolicy)) {
    errors.push(field.notSupported(spec.child('ipFamilyPolicy'), ipFamilyPolicy, policies));
  }
  for (const [i, ip] of clusterIPs.entries()) {
    if (ip === 'None' && i === 0) {
      if (clusterIPs.length > 1) {
        const text = "'None' must be the first and only value";
        errors.push(field.invalid(spec.child('clusterIPs'), clusterIPs, text));
      }
      continue;
    }
    errors.push(...field.invalidEach(spec.child('clusterIPs').index(i), ip, validIP(ip)));
  }
  if (clusterIPs.length > 2) {
    errors.push(field.invalid(spec.child('clusterIPs'), clusterIPs, 'may only hold up to 2 values'));
  }
  if (errors.length > 0) return errors;
  return validateFamilies(service);
}

function validateFamilies(service: Service): FieldError[] {
  const { ipFamilies = [], ipFamilyPolicy, clusterIPs = [] } = service.spec ?? {};
  if (ipFamilyPolicy === 'RequireDualStack') {
    const text = 'this cluster is not configured for dual-stack services';
    return [field.invalid(spec.child('ipFamilyPolicy'), ipFamilyPolicy, text)];
  }
  const headlessWithoutSelector = clusterIPs[0] === 'None' && Object.keys(service.spec?.selector ?? {}).length === 0;
  if (headlessWithoutSelector) return [];
  return ipFamilies.flatMap((family, i) =>
    family === 'IPv4'
      ? []
      : [field.invalid(spec.child('ipFamilies').index(i), family, 'not configured on this cluster')],
  );
}

function validateClusterIPs(service: Service, context: StrategyContext): FieldError[] {
  const ips = service.spec?.clusterIPs ?? [];
  const ip = ips[0];
  if (ip === undefined || ip === 'None' || service.spec?.type === 'ExternalName') return [];
  const refuse = (why: string) => [field.invalid(spec.child('clusterIPs'), ips, `failed to allocate IP ${ip}: ${why}`)];
  if (!inServiceRange(ip)) return refuse('the provided network does not match the current range');
  return takenAddresses(service, context).has(ip) ? refuse('provided IP is already allocated') : [];
}

function validateNodePorts(service: Service, context: StrategyContext): FieldError[] {
  if (service.spec?.type !== 'NodePort' && service.spec?.type !== 'LoadBalancer') return [];
  for (const [i, { nodePort }] of (service.spec.ports ?? []).entries()) {
    if (!nodePort) continue;
    const where = spec.child('ports').index(i).child('nodePort');
    if (nodePort < nodePorts.first || nodePort > nodePorts.last) {
      const range = `${nodePorts.first}-${nodePorts.last}`;
      const text = `provided port is not in the valid range. The range of valid ports is ${range}`;
      return [field.invalid(where, nodePort, text)];
    }
    if (isPortTaken(nodePort, service, context)) {
      return [field.invalid(where, nodePort, 'provided port is already allocated')];
    }
  }
  return [];
}

/** What allocation would say: bad or unavailable addresses first, then node ports. Only the first failure is reported. */
export function validateAllocations(service: Service, context: StrategyContext): FieldError[] {
  const requested = validateRequestedAddresses(service);
  if (requested.length > 0) return requested;
  const addresses = validateClusterIPs(service, context);
  return addresses.length > 0 ? addresses : validateNodePorts(service, context);
}
