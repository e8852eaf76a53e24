import type { Plugin } from '../plugin.ts';

/** Claims must exist, and be bound unless their class waits for the first consumer. */
export const volumeBinding: Plugin = {
  name: 'VolumeBinding',
  preFilter({ pod, claimPhase }) {
    const names = (pod.spec?.volumes ?? []).flatMap((v) => v.persistentVolumeClaim?.claimName ?? []);
    const missing = names.find((name) => claimPhase(name) === undefined);
    if (missing !== undefined) return `persistentvolumeclaim "${missing}" not found`;
    return names.some((name) => claimPhase(name) === 'Pending')
      ? 'pod has unbound immediate PersistentVolumeClaims'
      : undefined;
  },
};
