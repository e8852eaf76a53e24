import type { Paths } from '../kernel/paths.ts';
import { platform } from '../kernel/platform.ts';
import {
  checkFolders,
  checkLocale,
  checkMemory,
  checkPorts,
  checkTerminal,
  type TerminalAbilities,
} from './doctor-machine.ts';
import { findKubectl } from './kubectl/kubectl.ts';
import { oldestMinor } from './kubectl/version.ts';
import type { Diagnosis, Provider } from './provider.ts';

/** The version that the labs are, and the newest kubectl that may talk to it by Kubernetes' version skew policy. */
const labMinor = 35;
const newestMinor = 36;

export interface DoctorOptions {
  /** Of kubedrill, with its build. */
  version: string;
  paths: Paths;
  env: NodeJS.ProcessEnv;
  terminal: TerminalAbilities;
  providers: readonly Provider[];
}

/** Looks at everything kubedrill needs; each finding that is not ok says how to mend it. Changes nothing. */
export async function diagnose(options: DoctorOptions): Promise<Diagnosis[]> {
  const { paths, env, terminal, providers } = options;
  return [
    { subject: 'kubedrill', ok: true, text: options.version },
    { subject: 'system', ...platform.finding() },
    { subject: 'node', ok: true, text: `Node ${process.versions.node}` },
    await checkKubectl(options),
    ...checkFolders(paths),
    await checkPorts(),
    checkMemory(),
    checkTerminal(terminal, env),
    checkLocale(env),
    ...(await Promise.all(providers.map((provider) => provider.check()))).flat(),
  ];
}

async function checkKubectl({ paths, env }: DoctorOptions): Promise<Diagnosis> {
  const { usable, onPath } = await findKubectl({ cache: paths.cache, env });
  const subject = 'kubectl';
  if (!usable) {
    const text = onPath ? `${onPath.version} (${onPath.file}) is too old` : 'not found';
    const fix = `install kubectl 1.${oldestMinor} or newer and put it on your PATH; without it kubedrill fetches one into ${paths.cache} when a lab's shell opens`;
    return { subject, ok: false, text, fix };
  }
  const skew = usable.minor - labMinor;
  const apart = `${Math.abs(skew)} minor ${Math.abs(skew) === 1 ? 'version' : 'versions'} ${skew > 0 ? 'ahead of' : 'behind'}`;
  const text = `${usable.version} (${usable.file}), ${skew === 0 ? 'the version of' : apart} the labs`;
  if (usable.minor <= newestMinor) return { subject, ok: true, text };
  return { subject, ok: false, text, fix: `use a kubectl from 1.${oldestMinor} to 1.${newestMinor}` };
}
