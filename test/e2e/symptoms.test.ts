/**
 * What breaks most often in clusters and at exams, and how it shows: each situation of fixtures/symptoms is made with
 * kubectl on a cluster of the built program, and kubectl has to show what a real cluster shows. Where a repair is named,
 * it has to help.
 */
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it, vi } from 'vitest';
import { parse } from 'yaml';
import type { Started } from './lab.ts';
import { execute, type Result, root, Sandbox } from './sandbox.ts';

interface Look {
  /** A shell command, and what its output (or, if it `fails`, its complaint) has to match, sooner or later. */
  run: string;
  shows: string;
  fails?: boolean;
}

interface Situation {
  name: string;
  /** A shell command and a manifest that make it. */
  do?: string;
  apply?: string;
  see: Look[];
  fix?: string;
  then?: Look[];
}

interface Area {
  about: string;
  nodes?: number;
  situations: Situation[];
}

const folder = join(root, 'fixtures', 'symptoms');
/** How long a symptom may take to show, milliseconds: a few restarts with their back-off. */
const patience = 60_000;

let user: Sandbox;
beforeAll(async () => {
  user = await Sandbox.create();
});
afterAll(() => user.dispose());

describe.each(readdirSync(folder))('%s', (file) => {
  const area = parse(readFileSync(join(folder, file), 'utf8')) as Area;
  const name = file.replace('.yaml', '');
  let up: Started;
  beforeAll(async () => {
    up = await user.json<Started>(['cluster', 'up', '--name', name, '--nodes', String(area.nodes ?? 1)]);
  });
  afterAll(() => user.json(['cluster', 'down', up.id]));

  it.concurrent.for(area.situations)('$name', async (situation) => {
    const shell = await shellIn(slug(situation.name), up);
    if (situation.do) await must(shell, situation.do);
    if (situation.apply) await must(shell, 'kubectl apply -f -', situation.apply);
    for (const look of situation.see) await until(shell, look);
    if (situation.fix) await must(shell, situation.fix);
    for (const look of situation.then ?? []) await until(shell, look);
  });
});

/** A name as a namespace may have it. */
function slug(text: string): string {
  return text.toLowerCase().replaceAll(/\W+/g, '-').slice(0, 60).replace(/-$/, '');
}

type Shell = (command: string, input?: string) => Promise<Result>;

/** A learner's shell in a namespace of its own. */
async function shellIn(namespace: string, { kubeconfig, context, server }: Started): Promise<Shell> {
  const home = join(user.folder, namespace);
  mkdirSync(home);
  const own = join(home, 'kubeconfig');
  const env = { ...user.env, KUBECONFIG: own, NAMESPACE: namespace, SERVER: server };
  const shell: Shell = (command, input) =>
    execute('/bin/sh', ['-c', command], { env, cwd: home, ...(input === undefined ? {} : { input }) });
  await must(shell, `cat ${kubeconfig} > ${own} && kubectl config set-context ${context} --namespace ${namespace}`);
  await must(shell, `kubectl create namespace ${namespace}`);
  return shell;
}

async function must(shell: Shell, command: string, input?: string): Promise<void> {
  const { code, stdout, stderr } = await shell(command, input);
  if (code !== 0) throw new Error(`${command}: exit code ${code}\n${stdout}${stderr}`);
}

/** Looks again and again, as one does. */
async function until(shell: Shell, { run, shows, fails = false }: Look): Promise<void> {
  let last: Result | undefined;
  const seen = async () => {
    last = await shell(run);
    return (last.code !== 0) === fails && new RegExp(shows).test(last.stdout + last.stderr);
  };
  await vi.waitUntil(seen, { timeout: patience, interval: 300 }).catch(() => {
    throw new Error(`${run} does not show ${shows}, but (${last?.code})\n${last?.stdout}${last?.stderr}`);
  });
}
