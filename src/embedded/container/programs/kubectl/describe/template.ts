import type { PodTemplateSpec } from '../../../../../kube/api.gen.ts';
import { writeContainers } from './containers.ts';
import { writeAnnotations, writeLabels, writeTolerations, writeTopologySpread } from './format.ts';
import { writeVolumes } from './volumes.ts';
import type { DescribeWriter } from './writer.ts';

/** The template that a workload makes its Pods of. */
export function writePodTemplate(w: DescribeWriter, template: PodTemplateSpec | undefined): void {
  w.write(0, 'Pod Template:\n');
  const { metadata, spec } = template ?? {};
  writeLabels(w, 'Labels', metadata?.labels, 1);
  if (Object.keys(metadata?.annotations ?? {}).length > 0) writeAnnotations(w, metadata?.annotations, 1);
  if (spec?.serviceAccountName) w.write(1, `Service Account:\t${spec.serviceAccountName}\n`);
  if (spec?.initContainers?.length) writeContainers(w, 'Init Containers', spec.initContainers, { inTemplate: true });
  writeContainers(w, 'Containers', spec?.containers, { inTemplate: true });
  writeVolumes(w, spec?.volumes, true);
  writeTopologySpread(w, spec?.topologySpreadConstraints, 1);
  if (spec?.priorityClassName) w.write(1, `Priority Class Name:\t${spec.priorityClassName}\n`);
  writeLabels(w, 'Node-Selectors', spec?.nodeSelector, 1);
  writeTolerations(w, spec?.tolerations, 1);
}
