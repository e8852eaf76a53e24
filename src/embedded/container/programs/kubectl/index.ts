import { ownValue } from '../../../../kernel/own.ts';
import { ConnectError, RestClient, StatusError } from '../../api-client/client.ts';
import { loadConfig } from '../../api-client/config.ts';
import { type FlagSet, type Flags, globalFlags, KubectlError, parseFlags } from '../../api-client/flags.ts';
import { isSysError } from '../../kernel/errno.ts';
import type { Process } from '../../kernel/process.ts';
import { program } from '../../lib/program.ts';
import { canI, canIFlags, whoami, whoamiFlags } from './auth.ts';
import { annotate, changeFlags, deleteObjects, patch, scale } from './change.ts';
import { create, createFlags } from './create.ts';
import { describeError } from './errors.ts';
import { exec, execFlags } from './exec.ts';
import { GetCommand, getFlags } from './get.ts';
import {
  apiResources,
  apiResourcesFlags,
  apiVersions,
  clusterInfo,
  config,
  configFlags,
  version,
  versionFlags,
} from './info.ts';
import { logs, logsFlags } from './logs.ts';
import { apply, manifestFlags, replace } from './manifests.ts';
import { revisionFlags, rolloutHistory, rolloutUndo } from './rollback.ts';
import { rolloutPause, rolloutRestart, rolloutStatus, setEnv, setImage, workloadFlags } from './rollout.ts';
import { topNodeFlags, topNodes, topPodFlags, topPods } from './top.ts';
import { wait, waitFlags } from './wait.ts';

const describeFlags: FlagSet = {
  'all-namespaces': { kind: 'bool', short: 'A' },
  selector: { kind: 'string', short: 'l' },
  filename: { kind: 'string', short: 'f' },
  'show-events': { kind: 'bool' },
  'chunk-size': { kind: 'string' },
};

interface Command {
  flags: FlagSet;
  run(client: RestClient, flags: Flags): Promise<number>;
}

const commands: Record<string, Command> = {
  get: { flags: getFlags, run: (client, flags) => new GetCommand(client, flags).run() },
  describe: {
    flags: describeFlags,
    run: async (client, flags) => (await import('./describe/index.ts')).describe(client, flags),
  },
  'auth can-i': { flags: canIFlags, run: canI },
  'auth whoami': { flags: whoamiFlags, run: whoami },
  version: { flags: versionFlags, run: version },
  'api-resources': { flags: apiResourcesFlags, run: apiResources },
  'api-versions': { flags: {}, run: apiVersions },
  'cluster-info': { flags: {}, run: clusterInfo },
  config: { flags: configFlags, run: (client, flags) => config(client.p, flags) },
  create: { flags: createFlags, run: create },
  apply: { flags: manifestFlags, run: apply },
  replace: { flags: manifestFlags, run: replace },
  delete: { flags: changeFlags, run: deleteObjects },
  patch: { flags: changeFlags, run: patch },
  label: { flags: changeFlags, run: (client, flags) => annotate(client, flags, 'labels') },
  annotate: { flags: changeFlags, run: (client, flags) => annotate(client, flags, 'annotations') },
  scale: { flags: changeFlags, run: scale },
  logs: { flags: logsFlags, run: logs },
  exec: { flags: execFlags, run: exec },
  wait: { flags: waitFlags, run: wait },
  'rollout history': { flags: revisionFlags, run: rolloutHistory },
  'rollout undo': { flags: revisionFlags, run: rolloutUndo },
  'rollout status': { flags: workloadFlags, run: rolloutStatus },
  'rollout restart': { flags: workloadFlags, run: rolloutRestart },
  'rollout pause': { flags: workloadFlags, run: (client, flags) => rolloutPause(client, flags, true) },
  'rollout resume': { flags: workloadFlags, run: (client, flags) => rolloutPause(client, flags, false) },
  'set image': { flags: workloadFlags, run: setImage },
  'set env': { flags: workloadFlags, run: setEnv },
  ...Object.fromEntries(['pod', 'pods'].map((what) => [`top ${what}`, { flags: topPodFlags, run: topPods }])),
  ...Object.fromEntries(['node', 'nodes'].map((what) => [`top ${what}`, { flags: topNodeFlags, run: topNodes }])),
};

/** Commands that kubectl has and this one has not. */
const absent = new Set(
  'attach autoscale certificate completion cordon cp debug diff drain edit events explain expose kustomize options plugin port-forward proxy rollout run set taint uncordon'.split(
    ' ',
  ),
);

const help = `kubectl controls the Kubernetes cluster manager.

 Find more information at: https://kubernetes.io/docs/reference/kubectl/

Commands of this container:
${Object.keys(commands)
  .map((c) => `  ${c}\n`)
  .join('')}
Usage:
  kubectl [flags] [options]
`;

/** Splits the command's words off: flags of all commands may stand before it. */
function findCommand(argv: readonly string[]): { name: string; rest: string[] } | undefined {
  const before: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const arg = argv[i] ?? '';
    if (!arg.startsWith('-')) {
      const two = `${arg} ${argv[i + 1] ?? ''}`;
      if (Object.hasOwn(commands, two)) return { name: two, rest: [...before, ...argv.slice(i + 2)] };
      return { name: arg, rest: [...before, ...argv.slice(i + 1)] };
    }
    before.push(arg);
    const long = arg.startsWith('--') ? arg.slice(2) : undefined;
    const flag =
      long !== undefined
        ? ownValue(globalFlags, long)
        : Object.values(globalFlags).find((f) => f.short === arg[1] && arg.length === 2);
    if (flag?.kind === 'string') before.push(argv[++i] ?? '');
  }
  return undefined;
}

async function run(p: Process): Promise<number> {
  const found = findCommand(p.args);
  if (!found) {
    await p.print(1, help);
    return 0;
  }
  const command = ownValue(commands, found.name);
  if (!command) {
    if (found.name === 'help') {
      await p.print(1, help);
      return 0;
    }
    if (found.name === 'auth')
      throw new KubectlError(
        'Inspect authorization.\n\nAvailable Commands:\n  can-i         Check whether an action is allowed\n  whoami        Experimental: Check self subject attributes\n\nUsage:\n  kubectl auth [flags] [options]\n',
        { prefixed: false },
      );
    if (absent.has(found.name)) throw new KubectlError(`"kubectl ${found.name}" is not simulated in containers`);
    throw new KubectlError(`unknown command "${found.name}" for "kubectl"`);
  }
  const flags = parseFlags(found.rest, command.flags, `kubectl ${found.name}`);
  if (flags.bool('help')) {
    await p.print(1, help);
    return 0;
  }
  // Go programs take their time to start.
  await p.step(2000);
  const client = new RestClient(p, await loadConfig(p, flags), flags);
  return command.run(client, flags);
}

/** kubectl, as Pods and people in them use it; it talks to the API server over TLS like any client. */
export const kubectl = program(
  'kubectl',
  async (p) => {
    try {
      return await run(p);
    } catch (error) {
      const known = error instanceof KubectlError || error instanceof StatusError || error instanceof ConnectError;
      if (!known && !isSysError(error)) throw error;
      if (isSysError(error, 'EPIPE')) throw error;
      await p.print(2, describeError(error));
      return error instanceof KubectlError ? error.code : 1;
    }
  },
  { go: true },
);
