/** A kubelet's `/stats/summary`: what node, Pods and containers use now. What is not measured here is left out. */
import { quantityValue } from '../../../kube/quantity.ts';
import { timestamp } from '../containers/container-status.ts';
import { capacityOf, type NodeFacts } from '../registration/node-object.ts';
import type { NodeStats, Usage } from './stats.ts';

/** CPU between two looks: within this time the older answer holds, milliseconds. */
const windowMs = 10_000;

/** How fast what is only counted grows. */
export class Rates {
  readonly #seen = new Map<string, { at: number; cpuMs: number; nanoCores: number }>();

  /** Nanocores; from the start on, where nobody has looked before. */
  of(key: string, { startedAt, cpuMs }: Usage, at: number): number {
    const last = this.#seen.get(key);
    if (last && cpuMs >= last.cpuMs && at - last.at < windowMs) return last.nanoCores;
    const from = last && cpuMs >= last.cpuMs ? last : { at: startedAt, cpuMs: 0 };
    const nanoCores = at > from.at ? Math.round(((cpuMs - from.cpuMs) / (at - from.at)) * 1e9) : 0;
    this.#seen.set(key, { at, cpuMs, nanoCores });
    return nanoCores;
  }
}

/** @param onlyCpuAndMemory what metrics collectors ask for */
export function summary(stats: NodeStats, facts: NodeFacts, rates: Rates, onlyCpuAndMemory: boolean): string {
  const { at } = stats;
  const capacity = capacityOf(facts);
  const time = timestamp(at);
  const totalMemory = quantityValue(capacity.memory ?? '0');
  const usage = (key: string, used: Usage) => ({
    cpu: { time, usageNanoCores: rates.of(key, used, at), usageCoreNanoSeconds: Math.round(used.cpuMs * 1e6) },
    memory: { time, usageBytes: used.memoryBytes, workingSetBytes: used.memoryBytes, rssBytes: used.memoryBytes },
  });
  const node = usage('', stats);
  const disk = quantityValue(capacity['ephemeral-storage'] ?? '0');
  const pods = stats.pods.map(({ pod, containers }) => {
    const { name, namespace, uid } = pod.metadata;
    const startTime =
      pod.status?.startTime ??
      timestamp(pod.metadata.creationTimestamp ? Date.parse(pod.metadata.creationTimestamp) : at);
    const sum = (value: (one: Usage) => number) => containers.reduce((total, one) => total + value(one), 0);
    const whole = {
      startedAt: Date.parse(startTime),
      cpuMs: sum((one) => one.cpuMs),
      memoryBytes: sum((one) => one.memoryBytes),
    };
    return {
      podRef: { name, namespace, uid },
      startTime,
      containers: containers.map((one) => ({
        name: one.name,
        startTime: timestamp(one.startedAt),
        ...usage(`${uid}/${one.id}`, one),
      })),
      ...usage(uid, whole),
    };
  });
  const document = {
    node: {
      nodeName: facts.name,
      startTime: timestamp(stats.startedAt),
      cpu: node.cpu,
      memory: { ...node.memory, availableBytes: Math.max(0, totalMemory - stats.memoryBytes) },
      ...(!onlyCpuAndMemory && { fs: { time, capacityBytes: disk } }),
    },
    pods,
  };
  return JSON.stringify(document, null, 1);
}
