import { isDeepStrictEqual } from 'node:util';
import type { Deployment, PodTemplateSpec, ReplicaSet } from '../../../../../kube/api.gen.ts';
import { StatusError } from '../../../api-client/client.ts';
import type { DescribeContext, Describer } from './context.ts';
import { writeEvents } from './events.ts';
import { none, selectorText, timeText, writeAnnotations, writeLabels, writeName } from './format.ts';
import { writePodTemplate } from './template.ts';
import { controlledBy, writeConditions } from './workload-pods.ts';
import type { DescribeWriter } from './writer.ts';

const hashLabel = 'pod-template-hash';

export const describeDeployment: Describer<Deployment> = async (w, deployment, context) => {
  const { metadata, spec, status = {} } = deployment;
  writeName(w, metadata);
  w.write(0, `CreationTimestamp:\t${timeText(metadata?.creationTimestamp)}\n`);
  writeLabels(w, 'Labels', metadata?.labels);
  writeAnnotations(w, metadata?.annotations);
  w.write(0, `Selector:\t${selectorText(spec?.selector)}\n`);
  const counts = [
    `${spec?.replicas ?? 0} desired`,
    `${status.updatedReplicas ?? 0} updated`,
    `${status.replicas ?? 0} total`,
    `${status.availableReplicas ?? 0} available`,
    `${status.unavailableReplicas ?? 0} unavailable`,
  ];
  w.write(0, `Replicas:\t${counts.join(' | ')}\n`);
  w.write(0, `StrategyType:\t${spec?.strategy?.type ?? ''}\n`);
  w.write(0, `MinReadySeconds:\t${spec?.minReadySeconds ?? 0}\n`);
  const rolling = spec?.strategy?.rollingUpdate;
  if (rolling)
    w.write(
      0,
      `RollingUpdateStrategy:\t${rolling.maxUnavailable ?? ''} max unavailable, ${rolling.maxSurge ?? ''} max surge\n`,
    );
  writePodTemplate(w, spec?.template);
  writeConditions(w, status.conditions);
  await writeReplicaSets(w, deployment, context);
  await writeEvents(w, deployment, context);
};

/** The ReplicaSets of the Deployment: those of former templates, and that of its template now. */
async function writeReplicaSets(w: DescribeWriter, deployment: Deployment, context: DescribeContext): Promise<void> {
  const { metadata, spec } = deployment;
  let sets: ReplicaSet[];
  try {
    const path = `/apis/apps/v1/namespaces/${metadata?.namespace ?? ''}/replicasets`;
    sets = await controlledBy<ReplicaSet>(context, path, deployment, spec?.selector);
  } catch (error) {
    if (error instanceof StatusError) return;
    throw error;
  }
  const age = ({ metadata: { creationTimestamp = '', name = '' } = {} }: ReplicaSet) => `${creationTimestamp} ${name}`;
  sets.sort((a, b) => (age(a) < age(b) ? -1 : 1));
  const current = sets.find((set) => sameTemplate(set.spec?.template, spec?.template));
  const text = (some: readonly ReplicaSet[]) =>
    some
      .map((s) => `${s.metadata?.name} (${s.status?.replicas ?? 0}/${s.spec?.replicas ?? 0} replicas created)`)
      .join(', ') || none;
  w.write(0, `OldReplicaSets:\t${text(sets.filter((set) => set !== current))}\n`);
  w.write(0, `NewReplicaSet:\t${text(current ? [current] : [])}\n`);
}

function sameTemplate(a: PodTemplateSpec | undefined, b: PodTemplateSpec | undefined): boolean {
  const plain = (template: PodTemplateSpec | undefined) => {
    const { [hashLabel]: _, ...labels } = template?.metadata?.labels ?? {};
    return { ...template, metadata: { ...template?.metadata, labels } };
  };
  return isDeepStrictEqual(plain(a), plain(b));
}
