import type { CSINode } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { csiNodes } from '../../../kube/resources.ts';
import type { ApiClient } from '../../api.ts';
import { reasonOf } from '../../errors/status.ts';

/** Volume plugins that CSI drivers have taken the place of, as a v1.35 kubelet was recorded to say. */
const migrated = ['aws-ebs', 'azure-disk', 'azure-file', 'cinder', 'gce-pd', 'portworx-volume', 'vsphere-volume'];

/** Makes the CSINode of a Node if there is none. No driver registers: volumes are simulated. */
export async function registerCsiNode(client: ApiClient, { metadata: { name, uid } }: Stored): Promise<void> {
  const csiNode: CSINode = {
    metadata: {
      name,
      annotations: {
        'storage.alpha.kubernetes.io/migrated-plugins': migrated.map((plugin) => `kubernetes.io/${plugin}`).join(','),
      },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name, uid }],
    },
    // As Go writes a list that nobody made.
    spec: { drivers: null as never },
  };
  try {
    await client.create(csiNodes, csiNode);
  } catch (error) {
    if (reasonOf(error) !== 'AlreadyExists') throw error;
  }
}
