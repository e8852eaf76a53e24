import type {
  Container,
  ContainerState,
  ContainerStatus,
  EnvVar,
  Pod,
  Probe,
  ResourceRequirements,
  SeccompProfile,
} from '../../../../../kube/api.gen.ts';
import { quantityValue } from '../../../../../kube/quantity.ts';
import { goList, none, sortedEntries, timeText, yesNo } from './format.ts';
import type { DescribeWriter } from './writer.ts';

/** Containers that run somewhere, or those of a template. */
interface ContainersOptions {
  statuses?: readonly ContainerStatus[] | undefined;
  /** Whose containers they are: its own fields are resolved. */
  pod?: Pod;
  /** They belong to a template and stand one level deeper. */
  inTemplate?: boolean;
}

export function writeContainers(
  w: DescribeWriter,
  title: string,
  containers: readonly Container[] = [],
  { statuses = [], pod, inTemplate = false }: ContainersOptions,
): void {
  w.write(inTemplate ? 1 : 0, `${title}:${containers.length === 0 ? ` ${none}` : ''}\n`);
  for (const container of containers) {
    const status = statuses.find(({ name }) => name === container.name);
    w.write(1, `${inTemplate ? ' ' : ''}${container.name}:\n`);
    writeBasics(w, container, status);
    for (const [label, words] of [
      ['Command', container.command],
      ['Args', container.args],
    ] as const) {
      if (!words?.length) continue;
      w.write(2, `${label}:\n`);
      for (const line of words.flatMap((word) => word.split('\n'))) w.write(3, `${line}\n`);
    }
    if (status) writeStatus(w, status);
    writeResources(w, container.resources);
    for (const [label, probe] of [
      ['Liveness', container.livenessProbe],
      ['Readiness', container.readinessProbe],
      ['Startup', container.startupProbe],
    ] as const)
      if (probe) w.write(2, `${label}:\t${probeText(probe)}\n`);
    writeEnvironment(w, container, pod);
    writeMounts(w, container);
  }
}

export function writeSeccomp(w: DescribeWriter, profile: SeccompProfile | undefined, level: number): void {
  if (!profile) return;
  w.write(level, `SeccompProfile:\t${profile.type}\n`);
  if (profile.type === 'Localhost') w.write(level + 1, `LocalhostProfile:\t${profile.localhostProfile ?? ''}\n`);
}

function writeBasics(w: DescribeWriter, container: Container, status: ContainerStatus | undefined): void {
  if (status) w.write(2, `Container ID:\t${status.containerID ?? ''}\n`);
  w.write(2, `Image:\t${container.image ?? ''}\n`);
  if (status) w.write(2, `Image ID:\t${status.imageID}\n`);
  for (const [label, field] of [
    ['Port', 'containerPort'],
    ['Host Port', 'hostPort'],
  ] as const) {
    const texts = (container.ports ?? []).map(
      (port) => `${port[field] ?? 0}/${port.protocol ?? ''}${port.name ? ` (${port.name})` : ''}`,
    );
    w.write(2, `${label}${texts.length > 1 ? 's' : ''}:\t${texts.join(', ') || none}\n`);
  }
  writeSeccomp(w, container.securityContext?.seccompProfile, 2);
}

function writeStatus(w: DescribeWriter, { state, lastState, ready, restartCount }: ContainerStatus): void {
  writeState(w, 'State', state ?? {});
  if (lastState?.terminated) writeState(w, 'Last State', lastState);
  w.write(2, `Ready:\t${yesNo(ready)}\n`);
  w.write(2, `Restart Count:\t${restartCount}\n`);
}

function writeState(w: DescribeWriter, label: string, { running, waiting, terminated }: ContainerState): void {
  if (running) {
    w.write(2, `${label}:\tRunning\n`);
    w.write(3, `Started:\t${timeText(running.startedAt)}\n`);
  } else if (terminated) {
    w.write(2, `${label}:\tTerminated\n`);
    if (terminated.reason) w.write(3, `Reason:\t${terminated.reason}\n`);
    if (terminated.message) w.write(3, `Message:\t${terminated.message}\n`);
    w.write(3, `Exit Code:\t${terminated.exitCode}\n`);
    if (terminated.signal) w.write(3, `Signal:\t${terminated.signal}\n`);
    w.write(3, `Started:\t${timeText(terminated.startedAt)}\n`);
    w.write(3, `Finished:\t${timeText(terminated.finishedAt)}\n`);
  } else {
    w.write(2, `${label}:\tWaiting\n`);
    if (waiting?.reason) w.write(3, `Reason:\t${waiting.reason}\n`);
  }
}

/** Limits and requests, by name. */
export function writeResources(w: DescribeWriter, resources: ResourceRequirements | undefined, level = 2): void {
  for (const [label, amounts] of [
    ['Limits', resources?.limits],
    ['Requests', resources?.requests],
  ] as const) {
    if (!amounts || Object.keys(amounts).length === 0) continue;
    w.write(level, `${label}:\n`);
    for (const [name, quantity] of sortedEntries(amounts)) w.write(level + 1, `${name}:\t${quantity}\n`);
  }
}

/** `http-get http://:80/ delay=0s timeout=1s period=10s #success=1 #failure=3` */
function probeText(probe: Probe): string {
  const { exec, httpGet, tcpSocket, grpc } = probe;
  const counts = `#success=${probe.successThreshold ?? 0} #failure=${probe.failureThreshold ?? 0}`;
  const times = `delay=${probe.initialDelaySeconds ?? 0}s timeout=${probe.timeoutSeconds ?? 0}s period=${probe.periodSeconds ?? 0}s`;
  const rest = `${times} ${counts}`;
  if (exec) return `exec ${goList(exec.command)} ${rest}`;
  if (httpGet) {
    const { scheme = '', host = '', port = '', path = '' } = httpGet;
    const address = `${host.includes(':') ? `[${host}]` : host}:${port}`;
    const shown = encodeURI(path).replaceAll('?', '%3F').replaceAll('#', '%23');
    return `http-get ${scheme.toLowerCase()}://${address}${shown === '' || shown.startsWith('/') ? '' : '/'}${shown} ${rest}`;
  }
  if (tcpSocket) return `tcp-socket ${tcpSocket.host ?? ''}:${tcpSocket.port} ${rest}`;
  if (grpc) return `grpc <pod>:${grpc.port} ${grpc.service ?? ''} ${rest}`;
  return `unknown ${rest}`;
}

function writeEnvironment(w: DescribeWriter, { env = [], envFrom = [], resources }: Container, pod?: Pod): void {
  if (envFrom.length > 0) w.write(2, 'Environment Variables from:\n');
  for (const { prefix, configMapRef, secretRef } of envFrom) {
    const [kind, source] = configMapRef ? ['ConfigMap', configMapRef] : ['Secret', secretRef];
    const shown = prefix ? `${kind} with prefix '${prefix}'` : kind;
    w.write(3, `${source?.name ?? ''}\t${shown}\tOptional: ${source?.optional ?? false}\n`);
  }
  w.write(2, `Environment:${env.length === 0 ? `\t${none}` : ''}\n`);
  for (const variable of env) {
    const [first = '', ...more] = variableText(variable, resources, pod);
    w.write(3, `${variable.name}:\t${first}\n`);
    for (const line of more) w.write(3, `\t${line}\n`);
  }
}

/** What a variable is set to, line by line. */
function variableText(
  { value = '', valueFrom }: EnvVar,
  resources: ResourceRequirements | undefined,
  pod?: Pod,
): string[] {
  if (!valueFrom) return value.split('\n');
  const { fieldRef, resourceFieldRef, secretKeyRef, configMapKeyRef, fileKeyRef } = valueFrom;
  if (fieldRef) return [`${fieldValue(pod, fieldRef.fieldPath)} (${fieldRef.apiVersion ?? ''}:${fieldRef.fieldPath})`];
  if (resourceFieldRef) {
    const { resource, divisor } = resourceFieldRef;
    return [`${resourceValue(resources, resource, divisor)} (${resource})`];
  }
  const set = (key: string, where: string, optional: boolean | undefined) => [
    `<set to the key '${key}' ${where}>\tOptional: ${optional ?? false}`,
  ];
  if (secretKeyRef) return set(secretKeyRef.key, `in secret '${secretKeyRef.name}'`, secretKeyRef.optional);
  if (configMapKeyRef)
    return set(configMapKeyRef.key, `of config map '${configMapKeyRef.name}'`, configMapKeyRef.optional);
  if (fileKeyRef)
    return set(
      fileKeyRef.key,
      `in file '${fileKeyRef.path}' of volume '${fileKeyRef.volumeName}'`,
      fileKeyRef.optional,
    );
  return [''];
}

/** kubectl resolves these two; the other fields stay empty. */
function fieldValue(pod: Pod | undefined, path: string): string {
  if (path === 'metadata.name') return pod?.metadata?.name ?? '';
  return path === 'metadata.namespace' ? (pod?.metadata?.namespace ?? '') : '';
}

function resourceValue(resources: ResourceRequirements | undefined, resource: string, divisor = '0'): string {
  const [side, name = ''] = [resource.slice(0, resource.indexOf('.')), resource.slice(resource.indexOf('.') + 1)];
  const quantity = (side === 'limits' ? resources?.limits : resources?.requests)?.[name] ?? '0';
  const value = String(quantityValue(quantity, divisor === '0' ? '1' : divisor));
  return value === '0' && (resource === 'limits.cpu' || resource === 'limits.memory') ? 'node allocatable' : value;
}

function writeMounts(w: DescribeWriter, { volumeMounts = [], volumeDevices = [] }: Container): void {
  w.write(2, `Mounts:${volumeMounts.length === 0 ? `\t${none}` : ''}\n`);
  const byPath = [...volumeMounts].sort((a, b) => (a.mountPath < b.mountPath ? -1 : 1));
  for (const { mountPath, name, readOnly, subPath } of byPath) {
    const path = subPath ? `,path=${JSON.stringify(subPath)}` : '';
    w.write(3, `${mountPath} from ${name} (${readOnly ? 'ro' : 'rw'}${path})\n`);
  }
  if (volumeDevices.length === 0) return;
  w.write(2, 'Devices:\n');
  const devices = [...volumeDevices].sort((a, b) => (a.devicePath < b.devicePath ? -1 : 1));
  for (const { devicePath, name } of devices) w.write(3, `${devicePath} from ${name}\n`);
}
