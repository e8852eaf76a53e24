/**
 * Draws docs/terminal.svg: a lab of the built program, as it stands in a terminal of 110 x 26 after a fix that gives too
 * much. `node scripts/screenshot.ts [file]`
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Kubectl } from '../test/e2e/lab.ts';
import { root, Sandbox } from '../test/e2e/sandbox.ts';
import type { Terminal } from '../test/e2e/terminal.ts';
import { svgOf } from './screenshot/svg.ts';

const file = process.argv[2] ?? join(root, 'docs', 'terminal.svg');
const user = await Sandbox.create();
try {
  const terminal = user.terminal(['forbidden-deployment'], { columns: 110, rows: 26 });
  await terminal.until(/✘ The Pods' logs show the list/);
  await fixTooMuch(user);
  await terminal.until(/✔ The Pods' logs show the list/);
  await terminal.until(/~ Deployment api-client /);
  writeFileSync(
    file,
    svgOf(
      terminal,
      'A lab of kubedrill in the terminal: task, checks with expected, actual and why, what changed, keys',
    ),
  );
  await leave(terminal);
} finally {
  await user.dispose();
}

async function fixTooMuch(user: Sandbox): Promise<void> {
  const { current } = await user.json<{ current: { cluster: { kubeconfig: string } } }>(['status']);
  const kubectl = new Kubectl(user, current.cluster.kubeconfig);
  const here = ['-n', 'project-swan'];
  await kubectl.run(['rollout', 'restart', 'deployment/api-client', ...here]);
  await kubectl.run(['rollout', 'status', 'deployment/api-client', ...here]);
  await kubectl.run(['create', 'role', 'pod-admin', '--verb=list,delete', '--resource=pods', ...here]);
  await kubectl.run([
    'create',
    'rolebinding',
    'pod-admin',
    '--role=pod-admin',
    '--serviceaccount=project-swan:default',
    ...here,
  ]);
}

async function leave(terminal: Terminal): Promise<void> {
  terminal.type('q');
  await terminal.exited;
}
