import type { Clock } from '../../kernel/clock.ts';
import type { ConfigMap, Pod, Secret, Service } from '../../kube/api.gen.ts';
import type { Stored } from '../../kube/meta.ts';
import type { Amounts } from '../../kube/requests.ts';
import type { ApiClient, EventRecorder } from '../api.ts';
import type { ContainerRuntime } from '../container-api.ts';
import type { AddressPool } from './address-pool.ts';
import type { BackOff } from './containers/back-off.ts';
import type { Images } from './containers/images.ts';
import type { ClaimSources } from './environment/claims.ts';
import type { ProbeCounter } from './kubelet-api/probe-counter.ts';
import type { LogStore } from './logs/log-store.ts';

/** What all Pods of one node share. */
export interface NodeServices extends ClaimSources {
  readonly nodeName: string;
  readonly hostIP: string;
  readonly allocatable: Readonly<Record<string, string>>;
  /** Acts as the node. */
  readonly client: ApiClient;
  readonly clock: Clock;
  /** Hears of faults of ours. */
  report(error: unknown, where: string): void;
  readonly runtime: ContainerRuntime;
  readonly recorder: EventRecorder;
  readonly images: Images;
  /** Back-off of containers that end again and again. */
  readonly crashes: BackOff;
  readonly logs: LogStore;
  readonly probes: ProbeCounter;
  readonly addresses: AddressPool;
  configMap(namespace: string, name: string): Stored<ConfigMap> | undefined;
  secret(namespace: string, name: string): Stored<Secret> | undefined;
  services(): readonly Stored<Service>[];
  /** What all Pods of the node but one hold. */
  held(exceptUid: string): Amounts;
  /** A Pod holds less than before: others may get what they wait for. */
  freed(): void;
}

/** Writes an event about one container of a Pod. */
export function containerEvent(
  { recorder }: NodeServices,
  pod: Stored<Pod>,
  fieldPath: string,
  type: 'Normal' | 'Warning',
  reason: string,
  message: string,
): void {
  recorder.event({ ...pod, fieldPath }, type, reason, message);
}

/** `spec.containers{c}`: how events name a container. */
export function containerPath(pod: Stored<Pod>, name: string): string {
  const { initContainers = [], ephemeralContainers = [] } = pod.spec ?? {};
  const list = initContainers.some((c) => c.name === name)
    ? 'initContainers'
    : ephemeralContainers.some((c) => c.name === name)
      ? 'ephemeralContainers'
      : 'containers';
  return `spec.${list}{${name}}`;
}

/** `name_namespace(uid)`: how messages name a Pod. */
export function podFullName({ metadata }: Stored<Pod>): string {
  return `${metadata.name}_${metadata.namespace}(${metadata.uid})`;
}
