import type { DaemonSet } from '../../../../../kube/api.gen.ts';
import type { Describer } from './context.ts';
import { writeEvents } from './events.ts';
import { selectorText, writeAnnotations, writeLabels, writeName } from './format.ts';
import { writePodTemplate } from './template.ts';
import { writePodsStatus } from './workload-pods.ts';

export const describeDaemonSet: Describer<DaemonSet> = async (w, set, context) => {
  const { metadata, spec, status } = set;
  writeName(w, metadata);
  w.write(0, `Selector:\t${selectorText(spec?.selector)}\n`);
  writeLabels(w, 'Node-Selector', spec?.template.spec?.nodeSelector);
  writeLabels(w, 'Labels', metadata?.labels);
  writeAnnotations(w, metadata?.annotations);
  for (const [what, count] of [
    ['Desired Number of Nodes Scheduled', status?.desiredNumberScheduled],
    ['Current Number of Nodes Scheduled', status?.currentNumberScheduled],
    ['Number of Nodes Scheduled with Up-to-date Pods', status?.updatedNumberScheduled],
    ['Number of Nodes Scheduled with Available Pods', status?.numberAvailable],
    ['Number of Nodes Misscheduled', status?.numberMisscheduled],
  ] as const)
    w.write(0, `${what}: ${count ?? 0}\n`);
  await writePodsStatus(w, set, spec?.selector, context);
  writePodTemplate(w, spec?.template);
  await writeEvents(w, set, context);
};
