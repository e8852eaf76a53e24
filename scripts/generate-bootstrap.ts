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

writeTexts(
  'bootstrap.gen.ts',
  'Objects of a fresh cluster, JSON lists.',
  'bootstrapTexts',
  new Map<string, unknown>([
    ['namespaces', readRecorded('bootstrap/namespaces.json')],
    ['priorityclasses', readRecorded('bootstrap/priorityclasses.json')],
    ['configmaps', configMaps],
    ['kubeadm', readRecorded('cluster/kubeadm.json')],
    ['controllerServiceAccounts', readRecorded('cluster/controller-service-accounts.json')],
  ]),
);
