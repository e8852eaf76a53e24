import type { Endpoints } from '../../../../../kube/api.gen.ts';
import type { Describer } from './context.ts';
import { writeEvents } from './events.ts';
import { none, unset, writeMetadata } from './format.ts';

export const describeEndpoints: Describer<Endpoints> = async (w, object, context) => {
  writeMetadata(w, object);
  w.write(0, 'Subsets:\n');
  for (const { addresses = [], notReadyAddresses = [], ports = [] } of object.subsets ?? []) {
    w.write(1, `Addresses:\t${addresses.map(({ ip }) => ip).join(',') || none}\n`);
    w.write(1, `NotReadyAddresses:\t${notReadyAddresses.map(({ ip }) => ip).join(',') || none}\n`);
    if (ports.length > 0) {
      w.write(1, 'Ports:\n');
      w.write(2, 'Name\tPort\tProtocol\n');
      w.write(2, '----\t----\t--------\n');
      for (const { name, port, protocol } of ports) w.write(2, `${name || unset}\t${port}\t${protocol ?? ''}\n`);
    }
    w.write(0, '\n');
  }
  await writeEvents(w, object, context);
};
