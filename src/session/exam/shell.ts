import { join } from 'node:path';
import { clusterEnvironment, isOnPath } from '../../cluster/kubectl/kubectl.ts';
import type { KubectlVersion } from '../../cluster/kubectl/version.ts';
import { replaceFile } from '../../kernel/files.ts';
import type { Paths } from '../../kernel/paths.ts';
import { attemptsFolder } from '../attempt-logs.ts';
import { quote } from '../dialects.ts';
import { writeOwnCommand } from '../own-command.ts';
import { ownShell, type ShellCommand } from '../shell.ts';
import { sittingsFolder } from './logs.ts';
import type { ExamState, ExamTask } from './types.ts';

/** The variables that a shell of an exam has beside those of a lab: the sitting, and the host it is on. */
export const sittingVariable = 'KUBEDRILL_SITTING';
export const hostVariable = 'KUBEDRILL_HOST';

export interface ExamShellSurroundings {
  paths: Paths;
  kubectl: KubectlVersion;
  env: NodeJS.ProcessEnv;
}

/** A kubeconfig that names no cluster: without one kubectl would take the user's own. */
const noCluster = 'apiVersion: v1\nkind: Config\n';

/** The shell that a candidate begins in: it has no cluster, and a command `ssh` that knows the exam's hosts. */
export async function baseShell({ id }: ExamState, surroundings: ExamShellSurroundings): Promise<ShellCommand> {
  const folder = join(sittingsFolder(surroundings.paths), id, 'terminal');
  const kubeconfig = join(folder, 'kubeconfig');
  await replaceFile(kubeconfig, noCluster);
  const variables = {
    ...clusterEnvironment(kubeconfig),
    [sittingVariable]: id,
    [hostVariable]: '',
    KUBEDRILL_ATTEMPT: '',
    KUBEDRILL_ANSWERS: '',
  };
  return examShell({ folder, variables, host: 'candidate@terminal', programs: ['ssh'] }, surroundings);
}

/**
 * The shell on a host: the candidate's own programs with the task's cluster and answers. From there `ssh <node>` and `sudo`
 * go on to the machines of that cluster.
 */
export async function hostShell(
  { id }: Pick<ExamState, 'id'>,
  { host, attempt = '', cluster }: ExamTask,
  surroundings: ExamShellSurroundings,
): Promise<ShellCommand> {
  const variables = {
    ...(cluster && clusterEnvironment(cluster.kubeconfig)),
    [sittingVariable]: id,
    [hostVariable]: host,
    KUBEDRILL_ATTEMPT: attempt,
    KUBEDRILL_ANSWERS: join(attemptsFolder(surroundings.paths), attempt, 'answers'),
  };
  const folder = join(sittingsFolder(surroundings.paths), id, host);
  return examShell({ folder, variables, host: `candidate@${host}`, programs: ['ssh', 'sudo'] }, surroundings);
}

interface ExamShellPlan {
  folder: string;
  variables: Record<string, string>;
  host: string;
  /** Commands of its PATH that kubedrill plays. */
  programs: readonly ('ssh' | 'sudo')[];
}

async function examShell(
  { folder, variables, host, programs }: ExamShellPlan,
  { paths, kubectl, env }: ExamShellSurroundings,
): Promise<ShellCommand> {
  const own = await writeOwnCommand(paths);
  const bin = join(folder, 'bin');
  for (const name of programs) {
    const script = `#!/bin/sh\nexec ${quote(join(own, 'kubedrill'))} exam ${name} -- "$@"\n`;
    await replaceFile(join(bin, name), script, 0o700);
  }
  const path = isOnPath(kubectl, env.PATH) ? [bin, own] : [bin, own, join(kubectl.file, '..')];
  return ownShell({ settings: { variables, path }, folder, prompt: { host } }, env);
}
