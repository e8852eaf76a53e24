import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { clusterEnvironment, isOnPath } from '../cluster/kubectl/kubectl.ts';
import type { KubectlVersion } from '../cluster/kubectl/version.ts';
import { UserError } from '../kernel/errors.ts';
import type { Paths } from '../kernel/paths.ts';
import { attemptsFolder } from './attempt-logs.ts';
import { quote, type Settings, settingLines, shellOf } from './dialects.ts';
import { type OwnProgram, ownProgram, writeLabCommands, writeOwnCommand } from './own-command.ts';
import { type Prompt, promptLines, statusFile } from './prompt.ts';
import type { AttemptState } from './types.ts';

/** The variables that a lab's shell has and others have not. */
export const labVariables = ['KUBECONFIG', 'KUBECACHEDIR', 'KUBEDRILL_ATTEMPT', 'KUBEDRILL_ANSWERS'] as const;

/** What `labSettings` needs beside the attempt. */
export interface LabSurroundings {
  paths: Paths;
  /** Without one: whatever the shell finds. */
  kubectl: KubectlVersion | undefined;
  env?: NodeJS.ProcessEnv;
  program?: OwnProgram;
}

/**
 * What a shell of the lab is set to: what `kubedrill env` says. Its PATH has the command kubedrill, and the kubectl if that
 * would not be found. Writes that command.
 */
export async function labSettings(
  state: AttemptState,
  { paths, kubectl, env = process.env, program = ownProgram() }: LabSurroundings,
): Promise<Settings> {
  const own = await writeOwnCommand(paths, program);
  return {
    variables: {
      ...(state.cluster && clusterEnvironment(state.cluster.kubeconfig)),
      KUBEDRILL_ATTEMPT: state.id,
      KUBEDRILL_ANSWERS: join(attemptsFolder(paths), state.id, 'answers'),
    },
    path: kubectl && !isOnPath(kubectl, env.PATH) ? [own, dirname(kubectl.file)] : [own],
  };
}

/** What to spawn for the learner's shell: their own, with `k`, completion, the lab's words as commands and a prompt that tells where they are. */
export interface ShellCommand {
  file: string;
  args: string[];
  env: Record<string, string>;
}

/** What an own shell is made of. */
export interface ShellPlan {
  settings: Settings;
  /** Where what is added to its start-up files lies. */
  folder: string;
  prompt: Prompt;
  /** The shell of the user's settings. */
  chosen?: string;
}

/** The shell that was chosen, which must be there, else the user's own. */
function shellFile({ SHELL }: NodeJS.ProcessEnv, chosen: string | undefined): string {
  if (chosen === undefined) return SHELL && existsSync(SHELL) ? SHELL : '/bin/sh';
  if (existsSync(chosen)) return chosen;
  throw new UserError({
    what: `there is no shell ${chosen}`,
    why: 'it was chosen as the shell of labs',
    next: 'kubedrill config set shell <path>, or kubedrill config unset shell',
  });
}

/** Prepares the shell of a lab; what is added to it lies in the attempt's folder. `chosen`: the shell of the user's settings. */
export async function labShell(
  state: AttemptState,
  paths: Paths,
  kubectl: KubectlVersion,
  env: NodeJS.ProcessEnv = process.env,
  chosen?: string,
): Promise<ShellCommand> {
  const program = ownProgram();
  const { variables, path } = await labSettings(state, { paths, kubectl, env, program });
  const settings = { variables, path: [await writeLabCommands(paths, program), ...path] };
  const folder = join(attemptsFolder(paths), state.id, 'shell');
  const prompt = { label: state.scenario.id, status: statusFile(paths, state.id) };
  return ownShell({ settings, folder, prompt, ...(chosen !== undefined && { chosen }) }, env);
}

/** Prepares the user's own shell. Their start-up files run first and are never changed; what is set comes after them. */
export async function ownShell(
  { settings, folder, prompt: wanted, chosen }: ShellPlan,
  env: NodeJS.ProcessEnv = process.env,
): Promise<ShellCommand> {
  const file = shellFile(env, chosen);
  // For shells whose start-up files are not known here; in the others PATH is that of the start-up files and the lab's folders.
  const path = [...settings.path, env.PATH ?? ''].filter(Boolean).join(delimiter);
  const lab = { ...settings.variables, PATH: path };
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const write = async (name: string, text: string) => {
    await writeFile(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const name = shellOf(file);
  // The start-up files may set KUBECONFIG and PATH themselves; the lab's come after them.
  const lines = settingLines(name, settings);
  const prompt = promptLines(name, wanted);
  if (name === 'bash') {
    const rc = await write(
      'bashrc',
      `[ -f ~/.bashrc ] && . ~/.bashrc
${lines.join('\n')}
alias k=kubectl
if source <(kubectl completion bash 2>/dev/null); then complete -o default -F __start_kubectl k; fi
${prompt.join('\n')}
`,
    );
    return { file, args: ['--rcfile', rc, '-i'], env: lab };
  }
  if (name === 'zsh') {
    const home = env.ZDOTDIR ?? env.HOME ?? '';
    await write(
      '.zshrc',
      `ZDOTDIR=${quote(home)}
[ -f "$ZDOTDIR/.zshrc" ] && . "$ZDOTDIR/.zshrc"
${lines.join('\n')}
alias k=kubectl
autoload -Uz compinit && compinit -i -D
source <(kubectl completion zsh 2>/dev/null) && compdef k=kubectl
${prompt.join('\n')}
`,
    );
    return { file, args: ['-i'], env: { ...lab, ZDOTDIR: folder } };
  }
  if (name === 'fish') {
    const init = [...lines, 'alias k=kubectl', 'kubectl completion fish 2>/dev/null | source', ...prompt].join('\n');
    return { file, args: ['--init-command', init, '-i'], env: lab };
  }
  if (name === 'powershell') {
    const script = [...lines, 'Set-Alias k kubectl', ...prompt].join('\n');
    return { file, args: ['-NoLogo', '-NoExit', '-Command', script], env: lab };
  }
  const rc = await write('shrc', `${[...lines, 'alias k=kubectl', ...prompt].join('\n')}\n`);
  return { file, args: ['-i'], env: { ...lab, ENV: rc } };
}
