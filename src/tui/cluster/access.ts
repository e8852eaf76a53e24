import { clusterEnvironment } from '../../cluster/kubectl/kubectl.ts';
import type { KubectlVersion } from '../../cluster/kubectl/version.ts';
import { systemClock } from '../../kernel/clock.ts';
import { EnvironmentError } from '../../kernel/errors.ts';
import * as resources from '../../kube/resources.ts';
import type { AttemptState } from '../../session/types.ts';
import type { LabsAccess } from '../access.ts';

/** What is shown of a cluster, in the order of the tree. */
const shown = [
  resources.deployments,
  resources.statefulSets,
  resources.daemonSets,
  resources.cronJobs,
  resources.jobs,
  resources.replicaSets,
  resources.pods,
  resources.services,
  resources.ingresses,
  resources.networkPolicies,
  resources.horizontalPodAutoscalers,
  resources.podDisruptionBudgets,
  resources.configMaps,
  resources.secrets,
  resources.persistentVolumeClaims,
  resources.serviceAccounts,
  resources.roles,
  resources.roleBindings,
  resources.resourceQuotas,
  resources.limitRanges,
  resources.nodes,
  resources.persistentVolumes,
  resources.storageClasses,
];

/** How the app reads the cluster of a lab: with the learner's own rights, as their kubectl does. */
export function clusterAccess(kubectl: () => Promise<KubectlVersion>): Pick<LabsAccess, 'objects' | 'kubectlText'> {
  return {
    async objects(lab, options) {
      const [{ KubeClient }, { followTables }] = await Promise.all([
        import('../../kube/client.ts'),
        import('../../kube/tables.ts'),
      ]);
      const client = await KubeClient.fromFile(kubeconfigOf(lab));
      options.signal.addEventListener('abort', () => void client.close(), { once: true });
      if (!options.signal.aborted) followTables({ ...options, client, resources: shown, clock: systemClock });
    },
    async kubectlText(lab, args) {
      const { execa } = await import('execa');
      const { file } = await kubectl();
      const env = clusterEnvironment(kubeconfigOf(lab));
      const { all } = await execa(file, args, { env, all: true, reject: false, timeout: 20_000, stdin: 'ignore' });
      return all;
    },
  };
}

function kubeconfigOf({ cluster }: AttemptState): string {
  if (!cluster) throw new EnvironmentError({ what: 'the lab has no cluster now' });
  return cluster.kubeconfig;
}
