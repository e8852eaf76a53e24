/**
 * Writes src/embedded/generated/bootstrap.gen.ts: what a fresh cluster holds beside the default roles. The control
 * plane's own objects come from fixtures/kubernetes/bootstrap, those that kubeadm adds from fixtures/kubernetes/cluster
 * (`{{node}}`, `{{nodeIP}}`, `{{ca}}`, `{{cluster}}` stand for facts of the cluster).
 */
import { readRecorded, writeTexts } from './generate/recorded.ts';

interface Recorded {
  metadata: { name: string; namespace?: string };
}

/** Every ConfigMap but those that a controller makes. */
const configMaps = readRecorded<Recorded[]>('bootstrap/configmaps.json').filter(
  ({ metadata }) => metadata.name !== 'kube-root-ca.crt',
);

/** The server makes their status itself. */
const withoutStatus = (file: string) =>
  readRecorded<Recorded[]>(file).map(({ metadata, ...rest }) => ({ metadata, ...rest, status: undefined }));

writeTexts(
  'bootstrap.gen.ts',
  'Objects of a fresh cluster, JSON lists.',
  'bootstrapTexts',
  new Map<string, unknown>([
    ['namespaces', readRecorded('bootstrap/namespaces.json')],
    ['priorityclasses', readRecorded('bootstrap/priorityclasses.json')],
    ['configmaps', configMaps],
    ['prioritylevelconfigurations', withoutStatus('bootstrap/prioritylevelconfigurations.json')],
    ['flowschemas', withoutStatus('bootstrap/flowschemas.json')],
    ['apiservices', withoutStatus('bootstrap/apiservices.json')],
    ['kubeadm', readRecorded('cluster/kubeadm.json')],
    ['storage', readRecorded('cluster/storage.json')],
    ['controllerServiceAccounts', readRecorded('cluster/controller-service-accounts.json')],
  ]),
);
