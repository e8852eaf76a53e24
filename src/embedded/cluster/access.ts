import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFileSync } from '../../kernel/files.ts';
import { mendKubeconfigFile } from '../../kube/kubeconfig.ts';
import type { ClusterFacts } from '../bootstrap/facts.ts';
import { kubeconfigOf } from '../bootstrap/kubeconfig.ts';
import { type Credentials, keptCredentials, type Pki } from '../pki/pki.ts';
import type { ClusterConfig } from './options.ts';

/** How clients come to a cluster: its address, certificates and kubeconfigs. */
export class ClusterAccess {
  /** Undefined without a folder. */
  readonly kubeconfigFile: string | undefined;
  readonly #config: ClusterConfig;
  readonly #pki: Pki;
  readonly #server: { readonly url: string; readonly port: number };
  #kubeadmAdmin: Credentials | undefined;

  constructor(config: ClusterConfig, pki: Pki, server: { readonly url: string; readonly port: number }) {
    this.#config = config;
    this.#pki = pki;
    this.#server = server;
    this.kubeconfigFile = config.folder && join(config.folder, 'kubeconfig');
  }

  /** What the cluster's own objects and files say of it. */
  facts(): ClusterFacts {
    const { name, first } = this.#config;
    return {
      name,
      node: first.nodeName,
      nodeIP: first.address,
      caCertificate: this.#pki.ca.certificate,
      server: this.#server.url,
    };
  }

  kubeconfig(user: string, groups: readonly string[]): string {
    const credentials = user === 'admin' ? this.#admin() : issueFor(this.#pki, user, groups);
    const { caCertificate, server } = this.facts();
    return kubeconfigOf({ context: this.#config.context, server, caCertificate, credentials });
  }

  /** Keeps the port and a kubeconfig in the folder. */
  writeFiles(): void {
    const { folder } = this.#config;
    if (folder === undefined || this.kubeconfigFile === undefined) return;
    replaceFileSync(join(folder, 'port'), `${this.#server.port}\n`);
    // It may be brought back on another port; what whoever uses it put into the file stays.
    mendKubeconfigFile(this.kubeconfigFile, this.kubeconfig('admin', []));
  }

  /** Where kubeadm's ClusterRoleBinding is, it is by that one that kubernetes-admin may do everything. */
  #admin(): Credentials {
    const { hasAddons, folder } = this.#config;
    if (!hasAddons) return this.#pki.admin;
    const name = 'kubernetes-admin';
    const issue = () => issueFor(this.#pki, name, ['kubeadm:cluster-admins']);
    this.#kubeadmAdmin ??= folder === undefined ? issue() : keptCredentials(folder, name, issue);
    return this.#kubeadmAdmin;
  }
}

/** A new client certificate. */
export function issueFor(pki: Pki, user: string, groups: readonly string[]): Credentials {
  return pki.issueClient({ commonName: user, organizations: [...groups] });
}

/** The port that `writeFiles` kept; 0: none that can be used. */
export async function lastPort(folder: string | undefined): Promise<number> {
  if (folder === undefined) return 0;
  const text = await readFile(join(folder, 'port'), 'utf8').catch(() => '0');
  const port = Number(text);
  return Number.isInteger(port) && port > 0 && port < 2 ** 16 ? port : 0;
}
