import type { Pod } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { containersOf } from '../containers/container-record.ts';

/** Whether a Pod mounts or reads that ConfigMap or Secret. */
export function usesSource(pod: Stored<Pod>, object: Stored): boolean {
  if (pod.metadata.namespace !== object.metadata.namespace) return false;
  const { name } = object.metadata;
  const secret = object.kind === 'Secret';
  const volumes = (pod.spec?.volumes ?? []).some((v) => {
    const projected = (v.projected?.sources ?? []).some((s) => (secret ? s.secret : s.configMap)?.name === name);
    return projected || (secret ? v.secret?.secretName : v.configMap?.name) === name;
  });
  return (
    volumes ||
    containersOf(pod).some(
      ({ spec }) =>
        (spec.envFrom ?? []).some((e) => (secret ? e.secretRef : e.configMapRef)?.name === name) ||
        (spec.env ?? []).some(
          ({ valueFrom }) => (secret ? valueFrom?.secretKeyRef : valueFrom?.configMapKeyRef)?.name === name,
        ),
    )
  );
}
