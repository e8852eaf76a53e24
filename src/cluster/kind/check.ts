import { EnvironmentError } from '../../kernel/errors.ts';
import { platform } from '../../kernel/platform.ts';
import type { Diagnosis } from '../provider.ts';
import { installation, lookAround, type Tools } from './tools.ts';

/** kind of before has no node image that fits, or misses options that we use. */
const oldestKind = [0, 20] as const;
/** Below these kind's own guide tells to raise the limits; two nodes come close. */
const wantedInotify = { max_user_instances: 128, max_user_watches: 65_536 } as const;

const onlyFor = '--provider kind';

/** What `--provider kind` needs of this machine. */
export async function checkKind(tools: Tools): Promise<Diagnosis[]> {
  const [docker, kind, inotify] = await Promise.all([checkDocker(tools), checkVersion(tools), checkInotify()]);
  return [docker, kind, ...inotify];
}

async function checkDocker(tools: Tools): Promise<Diagnosis> {
  const subject = 'docker';
  try {
    const version = await tools.docker(['info', '--format', '{{.ServerVersion}} {{.CgroupVersion}} {{.MemTotal}}']);
    const [server = '', cgroup = '', memory = '0'] = version.trim().split(' ');
    const text = `Docker ${server}, cgroup v${cgroup}, ${(Number(memory) / 2 ** 30).toFixed(1)} GiB`;
    return { subject, ok: true, text, onlyFor };
  } catch (error) {
    return findingOf(subject, error, installation.docker ?? '');
  }
}

async function checkVersion(tools: Tools): Promise<Diagnosis> {
  const subject = 'kind';
  try {
    const output = await tools.kind(['version']);
    const [, major = '0', minor = '0'] = /v(\d+)\.(\d+)/.exec(output) ?? [];
    const text = output.trim().split(' ').slice(0, 2).join(' ');
    const isNew = Number(major) > oldestKind[0] || Number(minor) >= oldestKind[1];
    if (isNew) return { subject, ok: true, text, onlyFor };
    const fix = `install kind ${oldestKind.join('.')} or newer (https://kind.sigs.k8s.io)`;
    return { subject, ok: false, text: `${text} is too old`, fix, onlyFor };
  } catch (error) {
    return findingOf(subject, error, installation.kind ?? '');
  }
}

/** Linux only: elsewhere the nodes run in a virtual machine with limits of its own. */
async function checkInotify(): Promise<Diagnosis[]> {
  const limits = await Promise.all(
    Object.entries(wantedInotify).map(async ([name, wanted]) => {
      const limit = await platform.inotifyLimit(name);
      return limit === undefined ? undefined : { name, wanted, limit };
    }),
  );
  const known = limits.filter((limit) => limit !== undefined);
  if (known.length === 0) return [];
  const text = known.map(({ name, limit }) => `${name.replace('max_user_', '')} ${limit}`).join(', ');
  const low = known.some(({ limit, wanted }) => limit < wanted);
  const fix = 'sudo sysctl fs.inotify.max_user_instances=512 fs.inotify.max_user_watches=524288';
  return [{ subject: 'inotify', ok: !low, text, ...(low && { fix }), onlyFor }];
}

/** `fallback`: what to do where the failure is not known, since looking around is what is being done. */
function findingOf(subject: string, error: unknown, fallback: string): Diagnosis {
  const { what, why, next } =
    error instanceof EnvironmentError
      ? error.text
      : { what: (error as Error).message, why: undefined, next: undefined };
  const isKnown = next !== undefined && next !== lookAround;
  const text = isKnown || !why ? what : `${what}: ${why}`;
  return { subject, ok: false, text, fix: isKnown ? next : fallback, onlyFor };
}
