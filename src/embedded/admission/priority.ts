import type { Pod, PriorityClass } from '../../kube/api.gen.ts';
import { priorityClasses } from '../../kube/resources.ts';
import type { AdmissionAttributes, AdmissionPlugin } from '../registry/admission.ts';
import { podOf, refusal } from './refuse.ts';

/** Of the classes that the API server makes itself. */
const systemPrefix = 'system-';

/** Resolves the PriorityClass of new Pods into a number, and keeps the default class the only one. */
export const priority: AdmissionPlugin = {
  name: 'Priority',
  mutate(attributes) {
    const pod = podOf(attributes);
    if (!pod?.spec) return;
    if (attributes.operation === 'CREATE') resolve(attributes, pod);
    if (attributes.operation !== 'UPDATE') return;
    const old = (attributes.oldObject as Pod | undefined)?.spec;
    if (old?.priority !== undefined) pod.spec.priority ??= old.priority;
    if (old?.preemptionPolicy !== undefined) pod.spec.preemptionPolicy ??= old.preemptionPolicy;
  },
  validate(attributes) {
    const { definition, operation, name } = attributes;
    if (definition.resource !== priorityClasses.resource || definition.group !== priorityClasses.group) return;
    if (operation === 'DELETE' && name?.startsWith(systemPrefix)) {
      throw refusal(attributes, 'this is a system priority class and cannot be deleted');
    }
    const candidate = attributes.object as PriorityClass | undefined;
    if ((operation !== 'CREATE' && operation !== 'UPDATE') || !candidate?.globalDefault) return;
    const present = defaultClass(attributes);
    if (!present || (operation === 'UPDATE' && present.metadata?.name === (name ?? candidate.metadata?.name))) return;
    throw refusal(
      attributes,
      `PriorityClass ${present.metadata?.name} is already marked as default. Only one default can exist`,
    );
  },
};

/** The default class; if several claim to be it, the one of the lowest value. */
function defaultClass(attributes: AdmissionAttributes): PriorityClass | undefined {
  return attributes
    .listAll(priorityClasses)
    .filter((c) => c.globalDefault)
    .sort((a, b) => a.value - b.value)[0];
}

function resolve(attributes: AdmissionAttributes, pod: Pod): void {
  const spec = pod.spec;
  if (!spec) return;
  const asked = spec.priorityClassName;
  const found = asked ? attributes.read(priorityClasses, undefined, asked) : defaultClass(attributes);
  if (asked && !found) throw refusal(attributes, `no PriorityClass with name ${asked} was found`);
  if (found?.metadata?.name) spec.priorityClassName = found.metadata.name;
  const value = found?.value ?? 0;
  const policy = found?.preemptionPolicy ?? 'PreemptLowerPriority';
  const computed = (what: string, given: unknown, right: unknown) =>
    refusal(
      attributes,
      `the ${what} (${given}) must not be provided in pod spec; priority admission controller computed ${right} from the given PriorityClass name`,
    );
  if (spec.priority !== undefined && spec.priority !== value) {
    throw computed('integer value of priority', spec.priority, value);
  }
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== policy) {
    throw computed('string value of PreemptionPolicy', spec.preemptionPolicy, policy);
  }
  spec.priority = value;
  spec.preemptionPolicy = policy;
}
