/**
 * What breaks most often in clusters and at exams, and how it shows: each situation of fixtures/symptoms is made with
 * kubectl on a cluster of the built program, and kubectl has to show what a real cluster shows. Where a cause is named, the
 * chain of evidence has to lead to it, by facts that kubectl shows. Where a repair is named, it has to help.
 */
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it, vi } from 'vitest';
import { parse } from 'yaml';
import { resourceByName } from '../../src/checks/objects/reference.ts';
import type { Suspect } from '../../src/checks/types.ts';
import { parseWorkload } from '../../src/checks/workloads/workload.ts';
import { KubeClient } from '../../src/kube/client.ts';
import type { Resource } from '../../src/kube/meta.ts';
import { pods } from '../../src/kube/resources.ts';
import { share } from '../helpers/share.ts';
import { chainOf, unproven } from './chains.ts';
import type { Started } from './lab.ts';
import { execute, program, type Result, root, Sandbox } from './sandbox.ts';

interface Look {
  /** A shell command, and what its output (or, if it `fails`, its complaint) has to match, sooner or later. */
  run: string;
  shows: string;
  fails?: boolean;
  /** How long it may take to show, seconds. */
  within?: number;
}

/** What the chain of evidence says that begins at an object, a line of a log, a connection or a name that is asked for. */
interface Because {
  of?: string;
  /** The last line that the first container of this Pod wrote. */
  in?: string;
  from?: string;
  to?: string;
  name?: string;
  namespace?: string;
  /** What facts have to match in this order; the last of them is the end of the chain. */
  chain: string[];
}

interface Situation {
  name: string;
  /** A shell command and a manifest that make it. */
  do?: string;
  apply?: string;
  see: Look[];
  because?: Because[];
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
  let client: KubeClient;
  beforeAll(async () => {
    up = await user.json<Started>(['cluster', 'up', '--name', name, '--nodes', String(area.nodes ?? 1)]);
    client = await KubeClient.fromFile(up.kubeconfig, up.context);
  });
  afterAll(async () => {
    await client.close();
    await user.json(['cluster', 'down', up.id]);
  });

  it.concurrent.for(share(area.situations, 8))('$name', async (situation) => {
    const shell = await shellIn(slug(situation.name), up);
    if (situation.do) await must(shell, situation.do);
    if (situation.apply) await must(shell, 'kubectl apply -f -', situation.apply);
    for (const look of situation.see) await until(shell, look);
    for (const because of situation.because ?? []) await explained(client, shell, slug(situation.name), because);
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
async function shellIn(namespace: string, { id, kubeconfig, context, server }: Started): Promise<Shell> {
  const home = join(user.folder, namespace);
  mkdirSync(home);
  const own = join(home, 'kubeconfig');
  // `$NODE_SHELL worker -- command`: on a node itself.
  const nodeShell = `${process.execPath} ${program} node shell --cluster ${id}`;
  const env = { ...user.env, KUBECONFIG: own, NAMESPACE: namespace, SERVER: server, NODE_SHELL: nodeShell };
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

/** The chain says so, is short, says nothing twice, and each of its commands shows what it is to show. */
async function explained(client: KubeClient, shell: Shell, namespace: string, because: Because): Promise<void> {
  let problems: string[] = [];
  let told = '';
  const holds = async () => {
    const chain = await chainOf(client, await suspectOf(client, because, because.namespace ?? namespace));
    const facts = chain.flatMap(({ kind, text }) => (kind === 'command' ? [] : [text]));
    told = chain.map(({ kind, text }) => `${kind} ${text}`).join('\n');
    problems = [];
    if (facts.length > 8) problems.push(`${facts.length} facts`);
    if (new Set(facts).size < facts.length) problems.push('a fact twice');
    let at = -1;
    for (const wanted of because.chain) {
      const pattern = new RegExp(wanted);
      at = facts.findIndex((fact, index) => index > at && pattern.test(fact));
      if (at < 0) problems.push(`no fact in its place like ${wanted}`);
    }
    if (at !== facts.length - 1) problems.push('the chain goes on after its end');
    if (problems.length === 0) problems = await unproven(chain, shell);
    return problems.length === 0;
  };
  // The cluster goes on meanwhile: containers restart, events are told once more.
  await vi.waitUntil(holds, { timeout: patience, interval: 300 }).catch(() => {
    throw new Error(`${problems.join('\n')}\nin the chain\n${told}`);
  });
}

async function suspectOf(client: KubeClient, because: Because, namespace: string): Promise<Suspect> {
  const [kind = '', object = ''] = (because.of ?? because.in ?? '').split('/');
  if (because.of) return { about: 'object', resource: resourceByName(kind) as Resource, namespace, name: object };
  if (because.in) {
    const pod = await client.get(pods, namespace, object);
    const container = pod.spec?.containers[0]?.name ?? '';
    const query = { container, tailLines: 1 };
    let line = '';
    for await (line of client.logs(namespace, object, query, new AbortController().signal));
    return { about: 'log', namespace, pod: object, container, line };
  }
  const source = parseWorkload(because.from ?? '', namespace);
  if (!because.to) return { about: 'name', from: source, name: because.name ?? '' };
  const [service = '', port] = because.to.split(':');
  return { about: 'connection', from: source, to: { service, namespace }, port: Number(port) };
}

/** Looks again and again, as one does. */
async function until(shell: Shell, { run, shows, fails = false, within }: Look): Promise<void> {
  let last: Result | undefined;
  const seen = async () => {
    last = await shell(run);
    return (last.code !== 0) === fails && new RegExp(shows).test(last.stdout + last.stderr);
  };
  await vi.waitUntil(seen, { timeout: within === undefined ? patience : within * 1000, interval: 300 }).catch(() => {
    throw new Error(`${run} does not show ${shows}, but (${last?.code})\n${last?.stdout}${last?.stderr}`);
  });
}
