import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { type ClusterTarget, providerNames } from '../cluster/provider.ts';
import { UserError } from '../kernel/errors.ts';
import type { ClusterOptions } from '../session/types.ts';
import type { Services } from './services.ts';

/** The options by which commands choose a cluster. */
export interface ClusterFlags extends TargetFlags {
  provider: string;
  nodeImage?: string;
}

export interface TargetFlags {
  kubeconfig?: string;
  context?: string;
}

/** Adds --provider and what belongs to it; what belongs to another provider is refused before the command begins. */
export function withClusterOptions(command: Command): Command {
  command
    .addOption(new Option('--provider <provider>', 'where').choices(providerNames).default('embedded'))
    .option('--node-image <image>', "kind: the image of its nodes (default: $KUBEDRILL_NODE_IMAGE, else kind's own)");
  return withTargetOptions(command).hook('preAction', (_, action) => refuseForeignOptions(action.opts()));
}

/** Adds what names an existing cluster. */
export function withTargetOptions(command: Command): Command {
  return command
    .option('--kubeconfig <file>', 'kubeconfig: the file that names the cluster')
    .option('--context <name>', 'kubeconfig: its context (default: the current one)');
}

/** What the flags ask for. The user's own kubeconfig counts only if --kubeconfig or --context asks for it. */
export function clusterOptions(flags: ClusterFlags, { env }: Pick<Services, 'env'>): ClusterOptions {
  const nodeImage = flags.nodeImage ?? env.KUBEDRILL_NODE_IMAGE;
  const target = targetOf(flags, env);
  return {
    ...(flags.provider === 'kind' && nodeImage && { nodeImage }),
    ...(flags.provider === 'kubeconfig' && target && { target }),
  };
}

/** The existing cluster that the flags name: files as kubectl would take them; undefined if nothing was said. */
export function targetOf({ kubeconfig, context }: TargetFlags, env: NodeJS.ProcessEnv): ClusterTarget | undefined {
  if (kubeconfig === undefined && context === undefined) return undefined;
  const own = env.KUBECONFIG?.split(delimiter).filter(Boolean) ?? [];
  const fallback = own.length > 0 ? own : [join(env.HOME || homedir(), '.kube', 'config')];
  const files = (kubeconfig === undefined ? fallback : [kubeconfig]).map((file) => resolve(file));
  return { files, ...(context !== undefined && { context }) };
}

/** The options that only one provider understands. */
const foreign = [
  { key: 'kubeconfig', flag: '--kubeconfig', provider: 'kubeconfig' },
  { key: 'context', flag: '--context', provider: 'kubeconfig' },
  { key: 'nodeImage', flag: '--node-image', provider: 'kind' },
] as const;

/** An option that the provider would not look at was meant for another one: nobody is to work on the wrong cluster. */
function refuseForeignOptions(flags: ClusterFlags): void {
  for (const { key, flag, provider } of foreign) {
    if (flags[key] === undefined || flags.provider === provider) continue;
    throw new UserError({
      what: `${flag} goes with --provider ${provider}`,
      why: `the provider is ${flags.provider}, which takes no ${flag}`,
      next: `add --provider ${provider}, or leave ${flag} out`,
    });
  }
}
