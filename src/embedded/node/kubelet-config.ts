import { readConfiguration, YamlSyntaxError } from '../codec/yaml.ts';
import { flagSetOf, namesOf } from '../flags/flag-set.ts';
import { FlagError, type ParsedFlags, parsePflags } from '../flags/pflag.ts';
import type { NodeFiles } from './machine/files.ts';

/** What of its configuration a kubelet goes by here. */
export interface KubeletConfiguration {
  /** A folder, or one file; undefined: no static Pods. */
  staticPodPath: string | undefined;
  /** All of it, as it stands in its file. */
  values: Readonly<Record<string, unknown>>;
}

const wanted = { apiVersion: 'kubelet.config.k8s.io/v1beta1', kind: 'KubeletConfiguration' };

/**
 * Reads what a kubelet reads at its start, named by the flags of its command line.
 * @throws Error with the text that it ends with
 */
export function loadKubelet(files: NodeFiles, args: readonly string[]): KubeletConfiguration {
  const flags = parseFlags(args);
  const path = flags.get('config');
  const config = path ? readConfig(files, path) : {};
  const kubeconfig = flags.get('kubeconfig');
  if (kubeconfig) checkKubeconfig(files, kubeconfig, flags.get('bootstrap-kubeconfig'));
  const ca = nested(config, 'authentication', 'x509', 'clientCAFile');
  if (typeof ca === 'string' && ca !== '' && files.text(ca) === undefined) {
    const why = `open ${ca}: no such file or directory`;
    throw new Error(`failed to construct kubelet dependencies: unable to load client CA file ${ca}: ${why}`);
  }
  const { staticPodPath } = config;
  const manifests = typeof staticPodPath === 'string' && staticPodPath !== '' ? staticPodPath : undefined;
  return { staticPodPath: manifests, values: config };
}

function parseFlags(args: readonly string[]): ParsedFlags {
  let flags: ParsedFlags;
  try {
    flags = parsePflags(flagSetOf('kubelet'), args);
  } catch (error) {
    if (!(error instanceof FlagError)) throw error;
    throw new Error(`failed to parse kubelet flag: ${error.message}`);
  }
  const [operand] = flags.operands;
  if (operand !== undefined) throw new Error(`unknown command ${operand}`);
  return flags;
}

function readConfig(files: NodeFiles, path: string): Record<string, unknown> {
  const failed = (why: string) =>
    new Error(
      `failed to load kubelet config file, path: ${path}, error: failed to load Kubelet config file ${path}, error ${why}`,
    );
  const text = files.text(path);
  if (text === undefined) {
    throw failed(`failed to read kubelet config file "${path}", error: open ${path}: no such file or directory`);
  }
  if (text === '') throw failed(`kubelet config file ${JSON.stringify(path)} was empty`);
  let value: unknown;
  try {
    value = readConfiguration(text);
  } catch (error) {
    if (!(error instanceof YamlSyntaxError)) throw error;
    throw failed(`failed to decode: ${error.message}`);
  }
  const config = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  const { kind, apiVersion } = config;
  if (!kind) throw failed(`failed to decode: Object 'Kind' is missing in '${JSON.stringify(value)}'`);
  if (kind !== wanted.kind || apiVersion !== wanted.apiVersion) {
    throw failed(
      `failed to decode: no kind "${kind}" is registered for version "${apiVersion}" in scheme "pkg/runtime/scheme.go:111"`,
    );
  }
  const mismatch = wrongType(config);
  if (mismatch !== undefined) throw failed(`failed to decode: ${mismatch}`);
  return config;
}

/** The first field that can't be what it is, in the words of encoding/json. Fields that there are not don't matter. */
function wrongType(config: Readonly<Record<string, unknown>>): string | undefined {
  for (const line of namesOf('kubelet-configuration')) {
    const [name = '', type = ''] = line.split(' ');
    const value = config[name];
    if (value === undefined || value === null) continue;
    const wrong = mismatchOf(type, value);
    if (!wrong) continue;
    const [found, wanted] = wrong;
    return `json: cannot unmarshal ${found} into Go struct field KubeletConfiguration.${name} of type ${wanted}`;
  }
  return undefined;
}

/** What is there and what should be, as Go names them; undefined: it fits. */
function mismatchOf(type: string, value: unknown): [found: string, wanted: string] | undefined {
  const found = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
  const one = (wanted: string, fits: boolean): [string, string] | undefined => (fits ? undefined : [found, wanted]);
  if (type === 'duration' || type === 'string') return one('string', found === 'string');
  if (type === 'bool') return one('bool', found === 'bool');
  if (/^(int|float)/.test(type)) return one(type, found === 'number');
  const of = (items: readonly unknown[]) =>
    items.map((item) => mismatchOf('string', item)).find((wrong) => wrong !== undefined);
  if (type === '[]string') return one(type, found === 'array') ?? of(value as unknown[]);
  return one(type, found === 'object') ?? of(Object.values(value as object));
}

function checkKubeconfig(files: NodeFiles, path: string, bootstrap: string | undefined): void {
  const text = files.text(path);
  if (text === undefined) {
    const why = `stat ${bootstrap}: no such file or directory`;
    if (bootstrap === undefined || files.text(bootstrap) === undefined) {
      throw new Error(
        `failed to run Kubelet: unable to load bootstrap kubeconfig: ${bootstrap === undefined ? `stat ${path}: no such file or directory` : why}`,
      );
    }
    return;
  }
  try {
    readConfiguration(text);
  } catch (error) {
    if (!(error instanceof YamlSyntaxError)) throw error;
    throw new Error(
      `failed to run Kubelet: validate service connection: invalid kubeconfig: error loading config file "${path}": ${error.message}`,
    );
  }
}

function nested(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], value);
}
