import type { Endpoint, EndpointSlice } from '../../kube/api.gen.ts';
import { endpointSlices } from '../../kube/resources.ts';
import { dnsLabel, dnsSubdomain, validIP, validPortNumber, validQualifiedName } from '../../kube/validation.ts';
import type { FieldError } from '../definition.ts';
import * as field from '../errors/field.ts';
import { defineResource } from './define.ts';
import { endpointSliceCells } from './printing/endpoints.ts';
import { validateNonSpecialIP } from './validate/ip.ts';

const addressTypes = ['FQDN', 'IPv4', 'IPv6'];
const protocols = ['SCTP', 'TCP', 'UDP'];
const limits = { endpoints: 1000, addresses: 100, ports: 20_000 };

function validateAddress(address: string, type: string, at: field.FieldPath): FieldError[] {
  if (type === 'FQDN') return field.invalidEach(at, address, dnsSubdomain(address));
  if (!addressTypes.includes(type)) return [];
  const problems = validIP(address);
  if (problems.length > 0) return field.invalidEach(at, address, problems);
  const version = address.includes(':') ? 'IPv6' : 'IPv4';
  if (version !== type) return [field.invalid(at, address, `must be an ${type} address`)];
  return validateNonSpecialIP(address, at);
}

function validateEndpoint(endpoint: Endpoint, type: string, at: field.FieldPath): FieldError[] {
  const where = at.child('addresses');
  const errors: FieldError[] = [];
  // Left out by a client it is null, as all that Go has no omitempty for.
  const addresses = endpoint.addresses ?? [];
  if (addresses.length === 0) {
    errors.push(field.required(where, 'must contain at least 1 address'));
  } else if (addresses.length > limits.addresses) {
    errors.push(field.tooMany(where, addresses.length, limits.addresses));
  }
  for (const [i, address] of addresses.entries()) errors.push(...validateAddress(address, type, where.index(i)));
  if (endpoint.nodeName !== undefined) {
    errors.push(...field.invalidEach(at.child('nodeName'), endpoint.nodeName, dnsSubdomain(endpoint.nodeName)));
  }
  if (endpoint.hostname !== undefined) {
    errors.push(...field.invalidEach(at.child('hostname'), endpoint.hostname, dnsLabel(endpoint.hostname)));
  }
  return errors;
}

function validatePorts(slice: EndpointSlice): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  for (const [i, port] of (slice.ports ?? []).entries()) {
    const at = field.path('ports').index(i);
    const name = port.name ?? '';
    if (name !== '') errors.push(...field.invalidEach(at.child('name'), name, dnsLabel(name)));
    if (names.has(name)) errors.push(field.duplicate(at.child('name'), name));
    names.add(name);
    if (port.port !== undefined) {
      errors.push(...field.invalidEach(at.child('port'), port.port, validPortNumber(port.port)));
    }
    if (!port.protocol) errors.push(field.required(at.child('protocol')));
    else if (!protocols.includes(port.protocol)) {
      errors.push(field.notSupported(at.child('protocol'), port.protocol, protocols));
    }
    if (port.appProtocol !== undefined) {
      errors.push(
        ...field.invalidEach(at.child('appProtocol'), port.appProtocol, validQualifiedName(port.appProtocol)),
      );
    }
  }
  return errors;
}

function validate(slice: EndpointSlice): FieldError[] {
  const errors: FieldError[] = [];
  const type = slice.addressType;
  if (!type) errors.push(field.required('addressType'));
  else if (!addressTypes.includes(type)) errors.push(field.notSupported('addressType', type, addressTypes));
  const all = slice.endpoints ?? [];
  if (all.length > limits.endpoints) errors.push(field.tooMany('endpoints', all.length, limits.endpoints));
  for (const [i, endpoint] of all.entries()) {
    errors.push(...validateEndpoint(endpoint, type, field.path('endpoints').index(i)));
  }
  return [...errors, ...validatePorts(slice)];
}

export const endpointSliceResource = defineResource<EndpointSlice>({
  ...endpointSlices,
  strategy: {
    generation: true,
    defaults(slice) {
      for (const endpoint of slice.endpoints ?? []) endpoint.conditions ??= {};
      for (const port of slice.ports ?? []) {
        port.name ??= '';
        port.protocol ??= 'TCP';
      }
    },
    prepareForUpdate(slice, old) {
      // Labels say which Service a slice belongs to: they count like the rest.
      if (slice.metadata && !field.sameJson(slice.metadata.labels, old.metadata.labels)) {
        slice.metadata.generation = (old.metadata.generation ?? 0) + 1;
      }
    },
    validate: (slice, { operation }) => (operation === 'create' ? validate(slice) : []),
    validateUpdate(slice, old) {
      const frozen = field.immutable('addressType', slice.addressType, old.addressType);
      // Addresses of the wrong family would only repeat what the type already says.
      return frozen.length > 0 ? frozen : validate(slice);
    },
  },
  cells: endpointSliceCells,
});
