import type { PersistentVolumeClaim, StatefulSet } from '../../../../../kube/api.gen.ts';
import type { Describer } from './context.ts';
import { writeEvents } from './events.ts';
import { goList, none, selectorText, timeText, writeAnnotations, writeLabels, writeName } from './format.ts';
import { writePodTemplate } from './template.ts';
import { writePodsStatus } from './workload-pods.ts';
import type { DescribeWriter } from './writer.ts';

export const describeStatefulSet: Describer<StatefulSet> = async (w, set, context) => {
  const { metadata, spec, status } = set;
  writeName(w, metadata);
  w.write(0, `CreationTimestamp:\t${timeText(metadata?.creationTimestamp)}\n`);
  w.write(0, `Selector:\t${selectorText(spec?.selector)}\n`);
  writeLabels(w, 'Labels', metadata?.labels);
  writeAnnotations(w, metadata?.annotations);
  w.write(0, `Replicas:\t${spec?.replicas ?? 0} desired | ${status?.replicas ?? 0} total\n`);
  w.write(0, `Update Strategy:\t${spec?.updateStrategy?.type ?? ''}\n`);
  const { partition, maxUnavailable } = spec?.updateStrategy?.rollingUpdate ?? {};
  if (partition != null) {
    w.write(1, `Partition:\t${partition}\n`);
    if (maxUnavailable != null) w.write(1, `MaxUnavailable:\t${maxUnavailable}\n`);
  }
  await writePodsStatus(w, set, spec?.selector, context);
  writePodTemplate(w, spec?.template);
  writeClaims(w, spec?.volumeClaimTemplates);
  await writeEvents(w, set, context);
};

function writeClaims(w: DescribeWriter, claims: readonly PersistentVolumeClaim[] = []): void {
  w.write(0, claims.length === 0 ? `Volume Claims:\t${none}\n` : 'Volume Claims:\n');
  for (const { metadata, spec } of claims) {
    w.write(1, `Name:\t${metadata?.name ?? ''}\n`);
    w.write(1, `StorageClass:\t${spec?.storageClassName ?? ''}\n`);
    writeLabels(w, 'Labels', metadata?.labels, 1);
    writeAnnotations(w, metadata?.annotations, 1);
    w.write(1, `Capacity:\t${spec?.resources?.requests?.storage ?? '<default>'}\n`);
    w.write(1, `Access Modes:\t${goList(spec?.accessModes)}\n`);
  }
}
