import { parseYaml, YamlSyntaxError } from '../codec/yaml.ts';
import type { NodeFiles } from './files.ts';

/** What of its configuration a kubelet goes by here. */
export interface KubeletConfiguration {
  /** A folder, or one file; undefined: no static Pods. */
  staticPodPath: string | undefined;
}

const wanted = { apiVersion: 'kubelet.config.k8s.io/v1beta1', kind: 'KubeletConfiguration' };

/**
 * Reads what a kubelet reads at its start, named by the flags of its command line.
 * @throws Error with the text that it ends with
 */
export function loadKubelet(files: NodeFiles, args: readonly string[]): KubeletConfiguration {
  const flag = (name: string) => {
    const at = args.findIndex((arg) => arg === `--${name}` || arg.startsWith(`--${name}=`));
    return at < 0 ? undefined : args[at]?.startsWith(`--${name}=`) ? args[at]?.slice(name.length + 3) : args[at + 1];
  };
  const path = flag('config');
  const config = path === undefined ? {} : readConfig(files, path);
  const kubeconfig = flag('kubeconfig');
  if (kubeconfig !== undefined) checkKubeconfig(files, kubeconfig, flag('bootstrap-kubeconfig'));
  const ca = nested(config, 'authentication', 'x509', 'clientCAFile');
  if (typeof ca === 'string' && ca !== '' && files.text(ca) === undefined) {
    const why = `open ${ca}: no such file or directory`;
    throw new Error(`failed to construct kubelet dependencies: unable to load client CA file ${ca}: ${why}`);
  }
  const { staticPodPath } = config;
  return { staticPodPath: typeof staticPodPath === 'string' && staticPodPath !== '' ? staticPodPath : undefined };
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
  let value: unknown;
  try {
    ({ value } = parseYaml(text));
  } catch (error) {
    if (!(error instanceof YamlSyntaxError)) throw error;
    throw failed(`failed to decode: ${error.message}`);
  }
  const config = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  const { kind, apiVersion } = config;
  if (!kind) throw failed(`failed to decode: Object 'Kind' is missing in '${JSON.stringify(value)}'`);
  if (kind !== wanted.kind || apiVersion !== wanted.apiVersion) {
    throw failed(
      `failed to decode: no kind "${kind}" is registered for version "${apiVersion}" in scheme "pkg/kubelet/apis/config/scheme/scheme.go:33"`,
    );
  }
  return config;
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
    parseYaml(text);
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
