import type { ErrorText } from '../../kernel/errors.ts';

interface Failure {
  /** What Docker, kind, kubeadm or the kubelet print. */
  pattern: RegExp;
  what: string;
  next: string;
}

/**
 * Known reasons, the most telling first: one output often holds several lines of consequences.
 * The outputs themselves are in fixtures/kind/.
 */
const failures: readonly Failure[] = [
  {
    pattern: /no space left on device|not enough free disk space|disk quota exceeded/i,
    what: 'the disk is full',
    next: 'free some space (docker system df shows what Docker holds, docker system prune frees it)',
  },
  {
    pattern: /too many open files|inotify_init|inotify instances|fs\.inotify/i,
    what: 'the limit of inotify watches is reached',
    next: 'sudo sysctl fs.inotify.max_user_instances=512 fs.inotify.max_user_watches=524288',
  },
  {
    pattern: /port is already allocated|address already in use|ports are not available/i,
    what: 'a port that the cluster needs is taken',
    next: 'docker ps shows containers that hold ports, ss -ltnp shows programs; end the one that is in the way',
  },
  {
    pattern: /permission denied while trying to connect to the docker|docker\.sock: connect: permission denied/i,
    what: 'you may not use Docker',
    next: 'sudo usermod -aG docker "$USER", then log in again',
  },
  {
    pattern:
      // The last two: `docker info --format` of Docker 20, and what newer clients say.
      /cannot connect to the docker daemon|is the docker daemon running|error during connect|docker daemon is not running|nil pointer to embedded struct field Info|failed to connect to the docker API/i,
    what: 'Docker is not running',
    next: 'start it: sudo systemctl start docker, or open Docker Desktop',
  },
  {
    pattern: /manifest (for \S+ not found|unknown)|manifest unknown|repository does not exist|pull access denied/i,
    what: 'there is no such node image',
    next: 'kind --version and the release notes of that kind name the images that fit; set KUBEDRILL_NODE_IMAGE to one of them',
  },
  {
    pattern:
      /failed to pull image|no such host|i\/o timeout|TLS handshake timeout|connection refused.*registry|registry.*connection refused/i,
    what: 'the node image could not be pulled',
    next: 'look at the network, or load the image first (docker load) and name it in KUBEDRILL_NODE_IMAGE',
  },
  {
    pattern:
      /unknown apiVersion.*kubeadm|kubeadm\.k8s\.io\/v1beta1|could not find a log line that matches|unknown flag|unknown shorthand flag/i,
    what: 'this kind does not fit its node image',
    next: 'install the newest kind (https://kind.sigs.k8s.io), or leave KUBEDRILL_NODE_IMAGE unset',
  },
  {
    pattern:
      /cgroup v1|cgroups? .*(disabled|not (mounted|found|supported))|missing required cgroups|cgroup namespace|failed to create control group|cgroup mountpoint/i,
    what: 'the cgroups of this machine do not suit the node',
    next: 'use a kernel with cgroup v2 (boot with systemd.unified_cgroup_hierarchy=1), or an older node image in KUBEDRILL_NODE_IMAGE',
  },
  {
    pattern: /out of memory|oom-?kill(ed|er)|cannot allocate memory|signal: killed/i,
    what: 'there is not enough memory for a node',
    next: 'close something, or give Docker more memory: a node wants about 1 GiB',
  },
  {
    pattern: /operation not permitted|unable to apply caps/i,
    what: 'Docker may not run privileged containers here',
    next: 'use a Docker that is not itself confined (rootless Docker needs kind >= 0.20 and cgroup v2)',
  },
];

/** Said on every run on such a machine, whatever else happens. */
const warning = /^cgroup v1 is deprecated in Kubernetes.*$/m;

/** The reason behind what Docker or kind printed; undefined if it is none that we know. */
export function recognise(output: string): Pick<ErrorText, 'what' | 'next'> | undefined {
  const text = output.replace(warning, '');
  const failure = failures.find(({ pattern }) => pattern.test(text));
  return failure && { what: failure.what, next: failure.next };
}

/** The line of an output that says most: the error itself, else the last one. */
export function meaningfulLine(output: string): string {
  const lines = output
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^(Stack Trace|sigs\.k8s\.io|main\.|runtime\.|\/)/.test(line));
  const reason = recognise(output)?.what;
  const known = lines.find((line) => reason !== undefined && recognise(line)?.what === reason);
  const error =
    known ?? lines.findLast((line) => /^(ERROR|error)|^docker: /.test(line)) ?? lines.at(-1) ?? 'it printed nothing';
  return error.length > 300 ? `${error.slice(0, 300)}…` : error;
}
