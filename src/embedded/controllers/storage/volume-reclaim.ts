import type { PersistentVolume } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { persistentVolumes } from '../../../kube/resources.ts';
import type { ApiClient } from '../../api.ts';
import { provisionedBy } from './volume-matching.ts';
import type { VolumeWrites } from './volume-writes.ts';

/** The plugin for host paths only ever deletes below this. */
const deletable = /^\/tmp\/.+$/;

/** Does to a volume whose claim is gone what its reclaim policy says. */
export async function reclaim(
  client: ApiClient,
  writes: VolumeWrites,
  volume: Stored<PersistentVolume>,
): Promise<void> {
  const { name, annotations, deletionTimestamp } = volume.metadata;
  switch (volume.spec?.persistentVolumeReclaimPolicy) {
    case 'Retain':
      return;
    case 'Delete': {
      // Whoever made it deletes it.
      if (annotations?.[provisionedBy] !== undefined || deletionTimestamp) return;
      const problem = undeletable(volume);
      if (problem !== undefined) return writes.failVolume(volume, 'VolumeFailedDelete', problem);
      return client.delete(persistentVolumes, undefined, name);
    }
    case 'Recycle': {
      const text = `error getting recycler volume plugin for volume "${name}": no recyclable volume plugin matched`;
      return writes.failVolume(volume, 'VolumeFailedRecycle', text);
    }
    default:
      return writes.failVolume(
        volume,
        'VolumeUnknownReclaimPolicy',
        'Volume has unrecognized PersistentVolumeReclaimPolicy',
      );
  }
}

function undeletable({ metadata, spec }: Stored<PersistentVolume>): string | undefined {
  const path = spec?.hostPath?.path;
  if (path === undefined) {
    return `error getting deleter volume plugin for volume "${metadata.name}": no deletable volume plugin matched`;
  }
  return deletable.test(path) ? undefined : `host_path deleter only supports /tmp/.+ but received provided ${path}`;
}
