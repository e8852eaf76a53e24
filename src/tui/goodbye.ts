import { clockText } from '../present/text.ts';
import type { AttemptState } from '../session/types.ts';

/** What is reported when the app is left: which labs go on, whether their clocks stand, and how to come back. */
export function goodbyeText(attempts: readonly AttemptState[], env: NodeJS.ProcessEnv): string {
  const open = attempts.filter(({ phase }) => phase !== 'failed' && phase !== 'stopped');
  if (open.length === 0) return '';
  const lines = open.map((attempt) => `${attempt.scenario.id} goes on, ${standing(attempt)}.\n`);
  return `${lines.join('')}Come back with: ${ownCommand(env)}\n`;
}

function standing({ solved, running, worked }: AttemptState): string {
  if (solved) return 'solved';
  return `its clock ${running ? 'runs on: somebody else is at it' : `stands at ${clockText(worked)}`}`;
}

/** How the program was started, as far as npm tells (npm_lifecycle_event, npm_command: docs.npmjs.com, scripts). */
function ownCommand({ npm_lifecycle_event: script, npm_command: command }: NodeJS.ProcessEnv): string {
  if (script === 'start') return 'npm start';
  return script === 'npx' || command === 'exec' ? 'npx kubedrill' : 'kubedrill';
}
