import type { PodDisruptionBudget, PriorityClass } from '../../../../../kube/api.gen.ts';
import type { Describer } from './context.ts';
import { writeEvents } from './events.ts';
import { labelsText, selectorText, unset, writeName } from './format.ts';

export const describePriorityClass: Describer<PriorityClass> = async (w, priorityClass, context) => {
  const { metadata, value, globalDefault, preemptionPolicy, description } = priorityClass;
  writeName(w, metadata);
  w.write(0, `Value:\t${value}\n`);
  w.write(0, `GlobalDefault:\t${globalDefault ?? false}\n`);
  w.write(0, `PreemptionPolicy:\t${preemptionPolicy ?? ''}\n`);
  w.write(0, `Description:\t${description ?? ''}\n`);
  w.write(0, `Annotations:\t${labelsText(metadata?.annotations)}\n`);
  await writeEvents(w, priorityClass, context);
};

export const describeDisruptionBudget: Describer<PodDisruptionBudget> = async (w, budget, context) => {
  const { metadata, spec, status } = budget;
  writeName(w, metadata);
  if (spec?.minAvailable != null) w.write(0, `Min available:\t${spec.minAvailable}\n`);
  else if (spec?.maxUnavailable != null) w.write(0, `Max unavailable:\t${spec.maxUnavailable}\n`);
  w.write(0, `Selector:\t${spec?.selector ? selectorText(spec.selector) : unset}\n`);
  w.write(0, 'Status:\n');
  w.write(2, `Allowed disruptions:\t${status?.disruptionsAllowed ?? 0}\n`);
  w.write(2, `Current:\t${status?.currentHealthy ?? 0}\n`);
  w.write(2, `Desired:\t${status?.desiredHealthy ?? 0}\n`);
  w.write(2, `Total:\t${status?.expectedPods ?? 0}\n`);
  await writeEvents(w, budget, context);
};
