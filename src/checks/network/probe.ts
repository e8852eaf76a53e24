import * as z from 'zod';
import type { Pod } from '../../kube/api.gen.ts';
import type { Stored } from '../../kube/meta.ts';
import { workloadNeeds } from '../access/subject.ts';
import type { ClusterView, Evidence, ExecTarget, Need, Outcome, WorkloadRef } from '../types.ts';
import { isReady, troubleOf } from '../workloads/pod-trouble.ts';
import {
  describeWorkload,
  deviation,
  parseWorkload,
  podsOf,
  suspectWorkload,
  workloadName,
  workloadObject,
} from '../workloads/workload.ts';

/** From where a probe is made: the Pods that a workload owns now. */
export const probeSource = z.strictObject({
  workload: workloadName.describe('Whose Pods: deployment/web, pod/client'),
  namespace: z.string().describe('Where it is'),
  container: z.string().optional().describe('Which container; left out: the first'),
});
export type ProbeSource = z.infer<typeof probeSource>;

/** How long a Pod may take to become ready before the probe has failed, milliseconds. */
const patience = 30_000;

/** What must be mirrored to find the Pods of a source. */
export function probeNeeds({ workload, namespace }: ProbeSource): Need[] {
  return [...workloadNeeds(workload, namespace), { kind: 'exec', namespace }];
}

/** The containers to run in, or why there are none: as an outcome that only lacks what was expected. */
export type Targets = { targets: (ExecTarget & { object: Stored<Pod> })[] } | { none: Omit<Outcome, 'expected'> };

/** The Pods of a source that run, all of them or none. */
export function targetsOf(source: ProbeSource, view: ClusterView): Targets {
  const workload = parseWorkload(source.workload, source.namespace);
  const look: Evidence = { kind: 'command', text: `kubectl get pods -n ${source.namespace}` };
  const suspects = [suspectWorkload(workload)];
  const none = (status: Outcome['status'], why: string, seen: Evidence[] = []): Targets => ({
    none: { status, actual: 'nothing to ask from', why, evidence: [...seen, look], suspects },
  });
  const object = workloadObject(view, workload);
  if (!object) return none('fail', `the ${describeWorkload(workload)} does not exist in namespace ${source.namespace}`);
  const pods = podsOf(view, workload).filter(
    (pod) => pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed',
  );
  if (pods.length === 0) return none('fail', `the ${describeWorkload(workload)} has no running Pods`);
  for (const pod of pods) {
    const other = deviation(pod, object);
    if (other) return none('fail', other, [{ kind: 'object', text: other }]);
    if (isReady(pod)) continue;
    const trouble = troubleOf(pod);
    const left = Date.parse(pod.metadata.creationTimestamp) + patience - view.now();
    if (!trouble && left > 0) view.wakeIn(left);
    const why = trouble ?? `Pod ${pod.metadata.name} is not ready`;
    return none(trouble || left <= 0 ? 'fail' : 'pending', why);
  }
  const container = source.container;
  return {
    targets: pods.map((pod) => ({
      namespace: source.namespace,
      pod: pod.metadata.name,
      ...(container ? { container } : {}),
      object: pod,
    })),
  };
}

/** The Pod that a probe runs in. */
export function podOf({ namespace, pod }: ExecTarget): WorkloadRef {
  return { kind: 'Pod', namespace, name: pod };
}

/** How a container was reached, or why not. */
export type Reach =
  | { how: 'open'; body: string; status?: number }
  | { how: 'refused'; text: string }
  | { how: 'timeout'; text: string }
  | { how: 'unknown-name'; text: string }
  /** The container can't tell: no tool, or no shell. */
  | { how: 'no-tool'; text: string };

export interface Destination {
  host: string;
  port: number;
  protocol: 'tcp' | 'http';
  path: string;
  seconds: number;
}

/**
 * Connects from inside of a container with what tools it has. Before that, the same tool is asked for a port of the
 * container itself that nobody listens on: one that succeeds there says yes to everything.
 */
export async function reach(view: ClusterView, target: ExecTarget, to: Destination): Promise<Reach> {
  const result = await view.exec(target, [
    'sh',
    '-c',
    script,
    'probe',
    to.host,
    String(to.port),
    to.path,
    String(to.seconds),
    to.protocol,
  ]);
  const text = `${result.stdout}\n${result.stderr}`;
  if (result.exitCode === undefined) return { how: 'no-tool', text: result.message || 'the command did not run' };
  if (/^kubedrill: none$/m.test(text)) {
    return { how: 'no-tool', text: `Pod ${target.pod} has none of nc, curl and wget to connect with` };
  }
  const found = /^kubedrill: (\w+) control=(\d+) exit=(\d+)$/m.exec(result.stdout);
  if (!found) return { how: 'no-tool', text: `Pod ${target.pod} has no shell that can be asked` };
  const [, tool = '', control = '', exit = ''] = found;
  if (control === '0') return { how: 'no-tool', text: `${tool} in Pod ${target.pod} says yes to everything` };
  const body = result.stdout.slice(0, found.index).trim();
  return classify(tool, Number(exit), body, result.stderr);
}

/** A port of the Pod itself that nobody should listen on: discard. */
const closedPort = 9;

/**
 * Arguments: host, port, path, seconds, protocol. The output of the tool, then one line that says which tool it was and
 * how it ended, for the port that is closed and for the one that is asked about.
 */
const script = `
host=$1 port=$2 path=$3 seconds=$4
has() { command -v "$1" >/dev/null 2>&1; }
try() {
  case $tool in
    nc) nc -z -w "$seconds" "$1" "$2" ;;
    curl) curl -sS -m "$seconds" -w '\\nstatus=%{http_code}\\n' "http://$1:$2$path" ;;
    wget) wget -q -T "$seconds" -O - "http://$1:$2$path" ;;
  esac
}
if [ "$5" = tcp ] && has nc; then tool=nc
elif has curl; then tool=curl
elif has wget; then tool=wget
elif has nc && [ "$5" = tcp ]; then tool=nc
else echo 'kubedrill: none'; exit 0
fi
try 127.0.0.1 ${closedPort} >/dev/null 2>&1
control=$?
try "$host" "$port"
echo "
kubedrill: $tool control=$control exit=$?"
`;

/** What a tool's end means. Sources: the manual pages of curl and wget, and the messages of busybox and GNU. */
function classify(tool: string, exit: number, body: string, stderr: string): Reach {
  const said = stderr.trim().split('\n').at(-1) ?? '';
  const status =
    /status=(\d+)\s*$/.exec(body)?.[1] ?? /HTTP\/[\d.]+ (\d{3})/.exec(stderr)?.[1] ?? /ERROR (\d{3})/.exec(stderr)?.[1];
  const content = body.replace(/\n?status=\d+\s*$/, '');
  const answered = { how: 'open', body: content, ...(Number(status) > 0 ? { status: Number(status) } : {}) } as const;
  if (exit === 0) return tool === 'wget' && status === undefined ? { ...answered, status: 200 } : answered;
  if (
    /bad address|not resolve|unable to resolve|name or service not known|name does not resolve/i.test(said) ||
    (tool === 'curl' && exit === 6)
  )
    return { how: 'unknown-name', text: said };
  if (/refused/i.test(stderr)) return { how: 'refused', text: said };
  if (/timed? ?out/i.test(stderr) || (tool === 'curl' && exit === 28))
    return { how: 'timeout', text: said || 'timed out' };
  // It connected, and the server did not speak HTTP or said no.
  if (
    Number(status) > 0 ||
    (tool === 'curl' && [1, 8, 52, 56].includes(exit)) ||
    /server returned error|error getting response|Read error/i.test(stderr)
  )
    return answered;
  return { how: tool === 'nc' ? 'timeout' : 'refused', text: said || `${tool} ended with ${exit}` };
}
