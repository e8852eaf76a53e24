import { execa } from 'execa';
import { EnvironmentError, UserError } from '../../kernel/errors.ts';

/** How long git may take, milliseconds. */
const patience = 300_000;

/**
 * Fetches the newest state of a branch or tag (default: what the repository says) into a folder that is not there yet. Asks
 * nothing, runs no hooks, follows no submodules. An EnvironmentError if git is missing; a UserError with git's own words
 * if it refuses.
 */
export async function cloneRepository(
  { url, ref }: { url: string; ref?: string },
  into: string,
  signal: AbortSignal,
): Promise<void> {
  const quiet = ['-c', 'core.hooksPath=/dev/null', '-c', 'advice.detachedHead=false', '-c', 'core.autocrlf=false'];
  const what = ['clone', '--quiet', '--depth=1', '--template=', ...(ref === undefined ? [] : [`--branch=${ref}`])];
  const { failed, code, exitCode, stderr } = await execa('git', [...quiet, ...what, '--', url, into], {
    reject: false,
    stdin: 'ignore',
    timeout: patience,
    cancelSignal: signal,
    // What git would ask a person for is an error here; and a URL must not name a program to run.
    env: {
      GIT_TERMINAL_PROMPT: '0',
      GIT_ASKPASS: '',
      SSH_ASKPASS: '',
      GIT_SSH_COMMAND: process.env.GIT_SSH_COMMAND ?? 'ssh -o BatchMode=yes',
      GIT_ALLOW_PROTOCOL: 'file:git:http:https:ssh',
      LC_ALL: 'C',
    },
  });
  signal.throwIfAborted();
  if (!failed) return;
  if (code === 'ENOENT') {
    throw new EnvironmentError({ what: 'git is missing', why: `${url} is a git repository`, next: 'install git' });
  }
  const words = String(stderr)
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('Cloning into'));
  throw new UserError({
    what: `${url}${ref === undefined ? '' : `#${ref}`} cannot be fetched`,
    why: exitCode === undefined ? `git did not end within ${patience / 60_000} minutes` : words.join('\n'),
    next: `try: git ls-remote ${url}`,
  });
}
