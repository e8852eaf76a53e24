import type { CSINode } from '../../../../../kube/api.gen.ts';
import type { Describer } from './context.ts';
import { writeEvents } from './events.ts';
import { goList, timeText, writeMetadata } from './format.ts';

export const describeCsiNode: Describer<CSINode> = async (w, node, context) => {
  writeMetadata(w, node);
  w.write(0, `CreationTimestamp:\t${timeText(node.metadata?.creationTimestamp)}\n`);
  w.write(0, 'Spec:\n');
  if (node.spec.drivers) {
    w.write(1, 'Drivers:\n');
    for (const { name, nodeID, allocatable, topologyKeys } of node.spec.drivers) {
      w.write(2, `${name}:\n`);
      w.write(3, `Node ID:\t${nodeID}\n`);
      if (allocatable?.count != null) {
        w.write(3, 'Allocatables:\n');
        w.write(4, `Count:\t${allocatable.count}\n`);
      }
      if (topologyKeys) w.write(3, `Topology Keys:\t${goList(topologyKeys)}\n`);
    }
  }
  await writeEvents(w, node, context);
};
