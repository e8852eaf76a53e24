import type { KubeObject, Stored } from '../kube/meta.ts';

/** Marks the API's picture of a static Pod; the value is the hash of the manifest. */
export const mirrorAnnotation = 'kubernetes.io/config.mirror';

export const isMirror = ({ metadata }: KubeObject) => metadata?.annotations?.[mirrorAnnotation] !== undefined;

/** By which uid its node knows a Pod: its own, or that of the static Pod that it mirrors (the hash of its manifest). */
export function uidOnNode({ metadata }: Stored): string {
  return metadata.annotations?.[mirrorAnnotation] ?? metadata.uid;
}
