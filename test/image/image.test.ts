import { afterAll, describe, expect, it } from 'vitest';
import { readBuild } from '../../src/kernel/build.ts';
import type { CheckReport, Started } from '../e2e/lab.ts';
import { execute, root } from '../e2e/sandbox.ts';
import { Terminal } from '../e2e/terminal.ts';

/** Built by scripts/test-image.mjs. */
const image = process.env.KUBEDRILL_IMAGE ?? '';
const volume = `kubedrill-test-${process.pid}`;
const state = ['--network=none', '-v', `${volume}:/home/learner/.local/state/kubedrill`];
const containers: string[] = [];
const env = process.env as Record<string, string>;

async function docker(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await execute('docker', args, { env });
  if (code !== 0) throw new Error(`docker ${args.join(' ')}: exit code ${code}\n${stdout}${stderr}`);
  return stdout;
}

/** A container that stays, with the state of all others; without a network. */
async function container(): Promise<(...command: string[]) => ReturnType<typeof execute>> {
  const id = (await docker('run', '-d', ...state, '--entrypoint=sleep', image, 'infinity')).trim();
  containers.push(id);
  return (...command) => execute('docker', ['exec', id, ...command], { env });
}

const document = <T>({ stdout }: { stdout: string }) => JSON.parse(stdout) as T;

afterAll(async () => {
  for (const id of containers) await docker('rm', '-f', id);
  await docker('volume', 'rm', volume);
});

describe('the image, without a network', () => {
  it('is of this build, runs as nobody who may do much, and has a kubectl that kubedrill takes', async () => {
    const run = await container();
    expect((await run('kubedrill', '--version')).stdout).toContain(readBuild(root).digest);
    expect((await run('id', '-u')).stdout).toBe('10001\n');
    const { findings } = document<{ findings: { subject: string; ok: boolean; text: string }[] }>(
      await run('kubedrill', 'doctor', '--json'),
    );
    expect(findings.find(({ subject }) => subject === 'kubectl')).toMatchObject({ ok: true });
    expect((await run('kubectl', 'drill', '--version')).stdout).toContain(readBuild(root).version);
  });

  it('solves the flagship; what was solved is known to the next container of the volume', async () => {
    const run = await container();
    const { kubeconfig } = document<Started>(await run('kubedrill', 'start', 'forbidden-deployment', '--json'));
    const kubectl = (...args: string[]) => run('kubectl', `--kubeconfig=${kubeconfig}`, '-n', 'project-swan', ...args);
    expect(
      await kubectl('auth', 'can-i', 'list', 'pods', '--as=system:serviceaccount:project-swan:default'),
    ).toMatchObject({
      code: 1,
    });
    await kubectl('create', 'role', 'pod-reader', '--verb=list', '--resource=pods');
    const account = '--serviceaccount=project-swan:default';
    await kubectl('create', 'rolebinding', 'pod-reader', '--role=pod-reader', account);
    expect(await run('kubedrill', 'check', '--watch')).toMatchObject({ code: 0 });
    await docker('rm', '-f', containers.pop() ?? '');
    const next = await container();
    expect(document<CheckReport>(await next('kubedrill', 'check', '--json'))).toMatchObject({
      solved: true,
      score: 100,
    });
  });

  it('opens the app in a terminal, and ends when that is left', async () => {
    const terminal = new Terminal({ file: 'docker', args: ['run', '-it', '--rm', ...state, image], env, cwd: root });
    await terminal.until('forbidden-deployment');
    terminal.type('q');
    expect(await terminal.exited).toBe(0);
  });
});
