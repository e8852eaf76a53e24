import type { Pod } from '../../../../../kube/api.gen.ts';
import { writeContainers, writeResources, writeSeccomp } from './containers.ts';
import type { Describer } from './context.ts';
import { writeEvents } from './events.ts';
import {
  none,
  since,
  timeText,
  writeAnnotations,
  writeController,
  writeLabels,
  writeName,
  writeTolerations,
  writeTopologySpread,
} from './format.ts';
import { writeVolumes } from './volumes.ts';
import type { DescribeWriter } from './writer.ts';

const mirror = 'kubernetes.io/config.mirror';

export const describePod: Describer<Pod> = async (w, pod, context) => {
  const { metadata = {}, spec, status = {} } = pod;
  writePlace(w, pod);
  writeLabels(w, 'Labels', metadata.labels);
  writeAnnotations(w, metadata.annotations);
  writePhase(w, pod, context.now);
  writeSeccomp(w, spec?.securityContext?.seccompProfile, 0);
  w.write(0, `IP:\t${status.podIP ?? ''}\n`);
  const ips = status.podIPs ?? [];
  w.write(0, ips.length === 0 ? `IPs:\t${none}\n` : 'IPs:\n');
  for (const { ip } of ips) w.write(1, `IP:\t${ip}\n`);
  writeController(w, metadata);
  if (status.nominatedNodeName) w.write(0, `NominatedNodeName:\t${status.nominatedNodeName}\n`);
  if (spec?.resources) {
    w.write(0, 'Resources:\n');
    writeResources(w, spec.resources, 1);
  }
  if (spec?.initContainers?.length)
    writeContainers(w, 'Init Containers', spec.initContainers, { statuses: status.initContainerStatuses, pod });
  writeContainers(w, 'Containers', spec?.containers, { statuses: status.containerStatuses, pod });
  if (spec?.ephemeralContainers?.length)
    writeContainers(w, 'Ephemeral Containers', spec.ephemeralContainers, {
      statuses: status.ephemeralContainerStatuses,
      pod,
    });
  writeConditions(w, pod);
  writeVolumes(w, spec?.volumes);
  w.write(0, `QoS Class:\t${status.qosClass ?? ''}\n`);
  writeLabels(w, 'Node-Selectors', spec?.nodeSelector);
  writeTolerations(w, spec?.tolerations);
  writeTopologySpread(w, spec?.topologySpreadConstraints);
  // The kubelet speaks of a static Pod under the hash of its file.
  await writeEvents(w, pod, context, [metadata.annotations?.[mirror] ?? metadata.uid ?? '']);
};

function writePlace(w: DescribeWriter, { metadata, spec, status }: Pod): void {
  writeName(w, metadata);
  if (spec?.priority != null) w.write(0, `Priority:\t${spec.priority}\n`);
  if (spec?.priorityClassName) w.write(0, `Priority Class Name:\t${spec.priorityClassName}\n`);
  if (spec?.runtimeClassName) w.write(0, `Runtime Class Name:\t${spec.runtimeClassName}\n`);
  if (spec?.serviceAccountName) w.write(0, `Service Account:\t${spec.serviceAccountName}\n`);
  w.write(0, `Node:\t${spec?.nodeName ? `${spec.nodeName}/${status?.hostIP ?? ''}` : none}\n`);
  if (status?.startTime) w.write(0, `Start Time:\t${timeText(status.startTime)}\n`);
}

function writePhase(w: DescribeWriter, { metadata, status = {} }: Pod, now: number): void {
  if (metadata?.deletionTimestamp && status.phase !== 'Failed' && status.phase !== 'Succeeded') {
    w.write(0, `Status:\tTerminating (lasts ${since(metadata.deletionTimestamp, now)})\n`);
    w.write(0, `Termination Grace Period:\t${metadata.deletionGracePeriodSeconds ?? 0}s\n`);
  } else w.write(0, `Status:\t${status.phase ?? ''}\n`);
  if (status.reason) w.write(0, `Reason:\t${status.reason}\n`);
  if (status.message) w.write(0, `Message:\t${status.message}\n`);
}

function writeConditions(w: DescribeWriter, { spec, status }: Pod): void {
  const conditions = status?.conditions ?? [];
  const write = (title: string, rows: readonly (readonly [string, string])[]) => {
    if (rows.length === 0) return;
    w.write(0, `${title}:\n`);
    w.write(1, 'Type\tStatus\n');
    for (const [type, state] of rows) w.write(1, `${type} \t${state} \n`);
  };
  write(
    'Readiness Gates',
    (spec?.readinessGates ?? []).map(({ conditionType }) => [
      conditionType,
      conditions.find(({ type }) => type === conditionType)?.status ?? none,
    ]),
  );
  write(
    'Conditions',
    conditions.map(({ type, status: state }) => [type, state]),
  );
}
