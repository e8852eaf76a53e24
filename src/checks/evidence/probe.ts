import type { Container, ContainerStatus, Event, Pod, Probe } from '../../kube/api.gen.ts';
import type { Stored } from '../../kube/meta.ts';
import { describeProbe, type ProbeName, parseProbeFailure } from '../../kube/probes.ts';
import * as resources from '../../kube/resources.ts';
import { selectorMatches } from '../../kube/selectors.ts';
import { isReady } from '../workloads/pod-trouble.ts';
import { containerOf } from './container.ts';
import { lastLines } from './log.ts';
import type { Trace } from './reader.ts';
import { clip, describeCommand, eventsCommand, getCommand, listed, quote } from './words.ts';

/** From a container that runs and is not ready (or has not started up) to what follows from that, and to its probe. */
export async function traceProbe(
  t: Trace,
  pod: Stored<Pod>,
  status: ContainerStatus,
  events: readonly Stored<Event>[],
  which: 'readiness' | 'startup',
): Promise<void> {
  const not = which === 'startup' ? 'has not started up' : 'is not ready';
  const fact = `Pod ${pod.metadata.name}: container ${status.name} runs, but ${not}`;
  t.chain.add({ fact, command: getCommand('pod', pod), shows: [pod.metadata.name] });
  if (!isReady(pod)) await tellServices(t, pod);
  await traceProbeFailure(t, pod, status.name, events, which);
}

/** From a probe that fails to what it asks, what came back, and what the container declares. */
export async function traceProbeFailure(
  t: Trace,
  pod: Stored<Pod>,
  name: string,
  events: readonly Stored<Event>[],
  which: ProbeName,
): Promise<void> {
  const failed = events
    .filter((e) => e.reason === 'Unhealthy' && isAbout(e, name))
    .flatMap((e) => ({ message: e.message ?? '', ...parseProbeFailure(e.message ?? '') }))
    .findLast((e) => e.probe === which);
  if (failed) {
    const command = eventsCommand('pod', pod);
    t.chain.add({ fact: clip(failed.message), command, shows: [quote(failed.message)] });
  }
  const container = containerOf(pod, name);
  const probe = container?.[`${which}Probe`];
  if (container && probe) {
    tellProbe(t, pod, probe, which);
    tellPorts(t, pod, container, probe);
  }
  if (!probe || probe.exec) await lastLines(t, pod, name, false);
}

function isAbout({ involvedObject }: Event, container: string): boolean {
  const path = involvedObject.fieldPath;
  return path === undefined || path.includes(`{${container}}`);
}

function tellProbe(t: Trace, pod: Stored<Pod>, probe: Probe, which: ProbeName): void {
  const { periodSeconds = 10, failureThreshold = 3, initialDelaySeconds = 0, timeoutSeconds = 1 } = probe;
  const delay = initialDelaySeconds > 0 ? `, after ${initialDelaySeconds} s` : '';
  const rhythm = `every ${periodSeconds} s${delay}, for ${timeoutSeconds} s, ${failureThreshold} failures count`;
  t.chain.add({
    fact: `the ${which} probe asks: ${describeProbe(probe)} (${rhythm})`,
    command: describeCommand('pod', pod),
    shows: [describeProbe(probe)],
  });
}

/** The ports that the container declares, beside the one that the probe asks. */
function tellPorts(t: Trace, pod: Stored<Pod>, { ports = [], name }: Container, probe: Probe): void {
  const port = probe.httpGet?.port ?? probe.tcpSocket?.port ?? probe.grpc?.port;
  if (port === undefined) return;
  const declared = ports.map((p) => (p.name ? `${p.containerPort} (${p.name})` : String(p.containerPort)));
  const command = describeCommand('pod', pod);
  const known = ports.some((p) => p.name === port || p.containerPort === port);
  const text = declared.length > 0 ? `the ports ${listed(declared)}` : 'no ports';
  t.chain.add({
    fact: `container ${name} declares ${text}${known || declared.length === 0 ? '' : `, not ${port}`}`,
    command,
    shows:
      declared.length > 0
        ? ports.slice(0, 3).map((p) => `${p.containerPort}/${p.protocol ?? 'TCP'}`)
        : ['Port: <none>'],
  });
}

/** What follows for the Services that select the Pod: they send it nothing. */
async function tellServices(t: Trace, pod: Stored<Pod>): Promise<void> {
  const { namespace = '', name, labels } = pod.metadata;
  for (const service of await t.reader.list(resources.services, namespace)) {
    const { selector } = service.spec ?? {};
    if (!selector || !selectorMatches({ matchLabels: selector }, labels)) continue;
    t.chain.add({
      fact: `so Service ${service.metadata.name} sends nothing to Pod ${name}: its endpoint there is not ready`,
      command: `kubectl get endpointslices -n ${namespace} -l kubernetes.io/service-name=${service.metadata.name} -o jsonpath='{.items[*].endpoints}'`,
      shows: [`"name":"${name}"`],
    });
    return;
  }
}
