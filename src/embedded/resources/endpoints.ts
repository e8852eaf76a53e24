import type { EndpointAddress, EndpointPort, EndpointSubset, Endpoints } from '../../kube/api.gen.ts';
import { endpoints } from '../../kube/resources.ts';
import { dnsLabel, dnsSubdomain, validIP, validPortNumber, validQualifiedName } from '../../kube/validation.ts';
import type { FieldError } from '../definition.ts';
import * as field from '../errors/field.ts';
import { defineResource } from './define.ts';
import { endpointsCells } from './printing/endpoints.ts';
import { validateNonSpecialIP } from './validate/ip.ts';

const protocols = ['SCTP', 'TCP', 'UDP'];

function validateAddress(address: EndpointAddress, at: field.FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  const problems = validIP(address.ip);
  if (problems.length > 0) errors.push(...field.invalidEach(at.child('ip'), address.ip, problems));
  if (address.hostname) {
    errors.push(...field.invalidEach(at.child('hostname'), address.hostname, dnsLabel(address.hostname)));
  }
  if (address.nodeName !== undefined) {
    errors.push(...field.invalidEach(at.child('nodeName'), address.nodeName, dnsSubdomain(address.nodeName)));
  }
  return problems.length > 0 ? errors : [...errors, ...validateNonSpecialIP(address.ip, at.child('ip'))];
}

function validatePort(port: EndpointPort, at: field.FieldPath, nameNeeded: boolean): FieldError[] {
  const errors: FieldError[] = [];
  if (port.name) errors.push(...field.invalidEach(at.child('name'), port.name, dnsLabel(port.name)));
  else if (nameNeeded) errors.push(field.required(at.child('name')));
  errors.push(...field.invalidEach(at.child('port'), port.port, validPortNumber(port.port)));
  if (!port.protocol) errors.push(field.required(at.child('protocol')));
  else if (!protocols.includes(port.protocol)) {
    errors.push(field.notSupported(at.child('protocol'), port.protocol, protocols));
  }
  if (port.appProtocol !== undefined) {
    errors.push(...field.invalidEach(at.child('appProtocol'), port.appProtocol, validQualifiedName(port.appProtocol)));
  }
  return errors;
}

function validateSubset(subset: EndpointSubset, at: field.FieldPath): FieldError[] {
  const { addresses = [], notReadyAddresses = [], ports = [] } = subset;
  const errors: FieldError[] = [];
  if (addresses.length === 0 && notReadyAddresses.length === 0) {
    errors.push(field.required(at, 'must specify `addresses` or `notReadyAddresses`'));
  }
  for (const [i, address] of addresses.entries())
    errors.push(...validateAddress(address, at.child('addresses').index(i)));
  for (const [i, address] of notReadyAddresses.entries()) {
    errors.push(...validateAddress(address, at.child('notReadyAddresses').index(i)));
  }
  for (const [i, port] of ports.entries()) {
    errors.push(...validatePort(port, at.child('ports').index(i), ports.length > 1));
  }
  return errors;
}

export const endpointsResource = defineResource<Endpoints>({
  ...endpoints,
  deprecationWarning: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
  strategy: {
    allowCreateOnUpdate: true,
    defaults(object) {
      for (const subset of object.subsets ?? []) for (const port of subset.ports ?? []) port.protocol ||= 'TCP';
    },
    validate: (object) =>
      (object.subsets ?? []).flatMap((subset, i) => validateSubset(subset, field.path('subsets').index(i))),
  },
  cells: endpointsCells,
});
