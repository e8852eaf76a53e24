import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { clusterEnvironment, pathWith } from '../cluster/kubectl/kubectl.ts';
import type { KubectlVersion } from '../cluster/kubectl/version.ts';
import type { Paths } from '../kernel/paths.ts';
import type { AttemptState } from './types.ts';

/** The variables of a lab's shell: what `kubedrill env` exports. */
export function labEnvironment(
  state: AttemptState,
  paths: Paths,
  kubectl: KubectlVersion | undefined,
): Record<string, string> {
  return {
    ...(state.cluster ? clusterEnvironment(state.cluster.kubeconfig) : {}),
    KUBEDRILL_ATTEMPT: state.id,
    KUBEDRILL_ANSWERS: join(paths.state, 'attempts', state.id, 'answers'),
    ...(kubectl ? { PATH: pathWith(kubectl) } : {}),
  };
}

/** What to spawn for the learner's shell: their own, with `k`, completion and a prompt that tells where they are. */
export interface ShellCommand {
  file: string;
  args: string[];
  env: Record<string, string>;
}

/**
 * Prepares the shell. The user's own start-up files run first and are never changed; what is added lies in the
 * attempt's folder.
 */
export async function labShell(
  state: AttemptState,
  paths: Paths,
  kubectl: KubectlVersion,
  env: NodeJS.ProcessEnv = process.env,
): Promise<ShellCommand> {
  const file = env.SHELL && existsSync(env.SHELL) ? env.SHELL : '/bin/sh';
  const lab = labEnvironment(state, paths, kubectl);
  const folder = join(paths.state, 'attempts', state.id, 'shell');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const write = async (name: string, text: string) => {
    await writeFile(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const name = basename(file);
  // The start-up files may set KUBECONFIG and PATH themselves; the lab's come after them.
  const exports = Object.entries(lab)
    .map(([key, value]) => `export ${key}=${quote(value)}`)
    .join('\n');
  const label = state.scenario.id;
  if (name === 'bash') {
    const rc = await write(
      'bashrc',
      `[ -f ~/.bashrc ] && . ~/.bashrc
${exports}
alias k=kubectl
if source <(kubectl completion bash 2>/dev/null); then complete -o default -F __start_kubectl k; fi
PS1="(${label}) \${PS1:-\\$ }"
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
${exports}
alias k=kubectl
autoload -Uz compinit && compinit -i -D
source <(kubectl completion zsh 2>/dev/null) && compdef k=kubectl
PROMPT="(${label}) $PROMPT"
`,
    );
    return { file, args: ['-i'], env: { ...lab, ZDOTDIR: folder } };
  }
  if (name === 'fish') {
    const init = `${Object.entries(lab)
      .map(([key, value]) => `set -gx ${key} ${quote(value)}`)
      .join('; ')}; alias k=kubectl; kubectl completion fish 2>/dev/null | source`;
    return { file, args: ['--init-command', init, '-i'], env: lab };
  }
  const rc = await write('shrc', `${exports}\nalias k=kubectl\nPS1='(${label}) $ '\n`);
  return { file, args: ['-i'], env: { ...lab, ENV: rc } };
}

/** Quotes a word for a POSIX shell. */
export function quote(text: string): string {
  return /^[A-Za-z0-9_/:.=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
