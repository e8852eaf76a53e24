import type { EndpointSlice } from '../../../../../kube/api.gen.ts';
import type { Describer } from './context.ts';
import { writeEvents } from './events.ts';
import { none, unset, writeMetadata } from './format.ts';

export const describeEndpointSlice: Describer<EndpointSlice> = async (w, slice, context) => {
  const { endpoints } = slice;
  const ports = slice.ports ?? [];
  writeMetadata(w, slice);
  w.write(0, `AddressType:\t${slice.addressType}\n`);
  if (ports.length === 0) w.write(0, `Ports: ${unset}\n`);
  else {
    w.write(0, 'Ports:\n');
    w.write(1, 'Name\tPort\tProtocol\n');
    w.write(1, '----\t----\t--------\n');
    for (const { name, port, protocol } of ports) w.write(1, `${name || unset}\t${port ?? unset}\t${protocol ?? ''}\n`);
  }
  if (!endpoints?.length) w.write(0, `Endpoints: ${none}\n`);
  else {
    w.write(0, 'Endpoints:\n');
    for (const { addresses, conditions, hostname, targetRef, nodeName, zone, hints } of endpoints) {
      w.write(1, `- Addresses:\t${addresses.join(',')}\n`);
      w.write(2, 'Conditions:\n');
      w.write(3, `Ready:\t${conditions?.ready ?? unset}\n`);
      w.write(2, `Hostname:\t${hostname ?? unset}\n`);
      if (targetRef) w.write(2, `TargetRef:\t${targetRef.kind}/${targetRef.name}\n`);
      w.write(2, `NodeName:\t${nodeName ?? unset}\n`);
      w.write(2, `Zone:\t${zone ?? unset}\n`);
      if (hints?.forZones?.length) w.write(2, `Hints:\tForZones=${hints.forZones.map((z) => z.name).join(',')}\n`);
    }
  }
  await writeEvents(w, slice, context);
};
