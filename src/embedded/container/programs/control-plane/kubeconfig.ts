import { readConfiguration, YamlSyntaxError } from '../../../codec/yaml.ts';
import type { Process } from '../../kernel/process.ts';
import { CommandFailed } from './start-failure.ts';

/**
 * The server that a kubeconfig names; undefined for no path.
 * @throws CommandFailed in the words of client-go, as `says` puts them
 */
export function serverOf(
  p: Process,
  path: string,
  says: (fault: string) => string = (fault) => fault,
): string | undefined {
  if (path === '') return undefined;
  if (!p.vfs.find(p, path)) throw new CommandFailed(says(`stat ${path}: no such file or directory`));
  let value: unknown;
  try {
    value = readConfiguration(p.vfs.readText(p, path));
  } catch (error) {
    if (!(error instanceof YamlSyntaxError)) throw error;
    throw new CommandFailed(says(`error loading config file "${path}": ${error.message}`));
  }
  const server = currentServer(value);
  if (server === undefined) throw new CommandFailed(says(noConfiguration));
  return server;
}

export const noConfiguration =
  'invalid configuration: no configuration has been provided, try setting KUBERNETES_MASTER environment variable';

interface Kubeconfig {
  clusters?: { name?: string; cluster?: { server?: string } }[];
  contexts?: { name?: string; context?: { cluster?: string } }[];
  'current-context'?: string;
}

/** The server of the current context; of the only cluster, where there is no context. */
function currentServer(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { clusters = [], contexts = [], 'current-context': current } = value as Kubeconfig;
  const wanted = contexts.find(({ name }) => name === current)?.context?.cluster;
  const found = wanted === undefined ? clusters[0] : clusters.find(({ name }) => name === wanted);
  return found?.cluster?.server || undefined;
}
