import type { LabelSelector, Pod } from '../../../../../kube/api.gen.ts';
import type { KubeObject } from '../../../../../kube/meta.ts';
import { formatRequirements, labelSelectorRequirements } from '../../../../../kube/selectors.ts';
import { StatusError } from '../../../api-client/client.ts';
import { type DescribeContext, fetchAll } from './context.ts';
import type { DescribeWriter } from './writer.ts';

/** Objects of a collection that `owner` controls, out of those that its selector finds. Throws StatusError. */
export async function controlledBy<T extends KubeObject>(
  context: DescribeContext,
  path: string,
  owner: KubeObject,
  selector: LabelSelector | undefined,
): Promise<T[]> {
  const labelSelector = formatRequirements(labelSelectorRequirements(selector) ?? []);
  const all = await fetchAll<T>(context, path, { labelSelector });
  const isOwned = ({ metadata }: KubeObject) =>
    metadata?.ownerReferences?.some(({ controller, uid }) => controller && uid === owner.metadata?.uid);
  return all.filter(isOwned);
}

/** How many Pods of a workload are in which phase. */
export async function writePodsStatus(
  w: DescribeWriter,
  owner: KubeObject,
  selector: LabelSelector | undefined,
  context: DescribeContext,
): Promise<void> {
  w.write(0, `Pods Status:\t${await podsStatus(owner, selector, context)}\n`);
}

async function podsStatus(
  owner: KubeObject,
  selector: LabelSelector | undefined,
  context: DescribeContext,
): Promise<string> {
  try {
    const path = `/api/v1/namespaces/${owner.metadata?.namespace ?? ''}/pods`;
    const pods = await controlledBy<Pod>(context, path, owner, selector);
    const count = (phase: string) => pods.filter(({ status }) => status?.phase === phase).length;
    return `${count('Running')} Running / ${count('Pending')} Waiting / ${count('Succeeded')} Succeeded / ${count('Failed')} Failed`;
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    return `error in fetching pods: ${error.message}`;
  }
}

/** Conditions as workloads show them. */
export function writeConditions(
  w: DescribeWriter,
  conditions: readonly { type: string; status: string; reason?: string }[] | undefined,
): void {
  if (!conditions?.length) return;
  w.write(0, 'Conditions:\n');
  w.write(1, 'Type\tStatus\tReason\n');
  w.write(1, '----\t------\t------\n');
  for (const { type, status, reason } of conditions) w.write(1, `${type} \t${status}\t${reason ?? ''}\n`);
}
