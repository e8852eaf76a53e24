import type { ReplicaSet, ReplicationController } from '../../../../../kube/api.gen.ts';
import type { DescribeContext, Describer } from './context.ts';
import { writeEvents } from './events.ts';
import { labelsText, selectorText, writeAnnotations, writeController, writeLabels, writeName } from './format.ts';
import { writePodTemplate } from './template.ts';
import { writeConditions, writePodsStatus } from './workload-pods.ts';
import type { DescribeWriter } from './writer.ts';

export const describeReplicaSet: Describer<ReplicaSet> = (w, set, context) =>
  describe(w, set, selectorText(set.spec?.selector), context);

export const describeReplicationController: Describer<ReplicationController> = (w, controller, context) => {
  const { selector = {} } = controller.spec ?? {};
  const set = { ...controller, spec: { ...controller.spec, selector: { matchLabels: selector } } };
  return describe(w, set, labelsText(selector), context);
};

async function describe(
  w: DescribeWriter,
  set: Omit<ReplicaSet, 'spec'> & { spec?: Partial<NonNullable<ReplicaSet['spec']>> },
  selector: string,
  context: DescribeContext,
): Promise<void> {
  const { metadata, spec, status } = set;
  writeName(w, metadata);
  w.write(0, `Selector:\t${selector}\n`);
  writeLabels(w, 'Labels', metadata?.labels);
  writeAnnotations(w, metadata?.annotations);
  writeController(w, metadata);
  w.write(0, `Replicas:\t${status?.replicas ?? 0} current / ${spec?.replicas ?? 0} desired\n`);
  await writePodsStatus(w, set, spec?.selector, context);
  writePodTemplate(w, spec?.template);
  writeConditions(w, status?.conditions);
  await writeEvents(w, set, context);
}
