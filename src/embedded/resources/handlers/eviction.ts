import type { Clock } from '../../../kernel/clock.ts';
import type { DeleteOptions, Eviction, Pod } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { badRequest, plainError } from '../../errors/status.ts';
import { validateDeleteOptions } from '../../registry/delete-options.ts';
import type { CreateHandler } from '../../registry/types.ts';
import { spendBudget } from './disruption.ts';
import { created, podDefinition, setCondition } from './pods.ts';

/** @throws 422 of DeleteOptions; a plain 500 where request and body disagree on a dry run, as recorded */
function checkOptions(options: DeleteOptions = {}, dryRun: boolean): void {
  const asked = dryRun ? ['All'] : [];
  const given = options.dryRun ?? [];
  if (given.length > 0 && asked.length > 0 && given.join() !== asked.join()) {
    throw plainError(
      `Non-matching dry-run options in request and content: [${asked.join(' ')}] and [${given.join(' ')}]`,
    );
  }
  validateDeleteOptions(options);
}

/** POST pods/<name>/eviction: deletes the Pod, if its budget allows that, and leaves a condition on it that says why. */
export const evictionHandler =
  (clock: Clock): CreateHandler =>
  async ({ registry, namespace, name, object, context }) => {
    const eviction = object as Eviction;
    if (name === undefined || eviction.metadata?.name !== name) {
      throw badRequest('name in URL does not match name in Eviction object');
    }
    checkOptions(eviction.deleteOptions, context.dryRun);
    const definition = podDefinition(registry);
    const pod = structuredClone(registry.get(definition, namespace, name)) as Stored<Pod>;
    const options = eviction.deleteOptions ?? {};
    const dryRun = context.dryRun || (options.dryRun?.includes('All') ?? false);
    await spendBudget(registry, pod, { ...context, dryRun }, clock);
    if (!dryRun && !pod.metadata.deletionTimestamp) {
      const why = { reason: 'EvictionByEvictionAPI', message: 'Eviction API: evicting' };
      setCondition(pod, { type: 'DisruptionTarget', status: 'True', ...why }, clock);
      await registry.update(definition, namespace, name, pod, { ...context, subresource: 'eviction' });
    }
    await registry.delete(definition, namespace, name, options, { ...context, dryRun, subresource: undefined });
    return created();
  };
