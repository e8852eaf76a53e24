/** How far an autoscaler may go at once, and how long it waits before it does. */
import type { HorizontalPodAutoscalerSpec, HPAScalingRules } from '../../../kube/api.gen.ts';

/** --horizontal-pod-autoscaler-downscale-stabilization */
const downWindowSeconds = 300;
const longestSeconds = 3600;

/** A condition's reason and message. */
export interface Why {
  reason: string;
  message: string;
}

export interface Verdict {
  replicas: number;
  /** Of AbleToScale, and of ScalingLimited. */
  able: Why;
  limited: Why & { limited: boolean };
}

interface Moment {
  at: number;
  count: number;
}

const within: Why = { reason: 'DesiredWithinRange', message: 'the desired count is within the acceptable range' };
const tooFew: Why = {
  reason: 'TooFewReplicas',
  message: 'the desired replica count is less than the minimum replica count',
};
const tooMany: Why = {
  reason: 'TooManyReplicas',
  message: 'the desired replica count is more than the maximum replica count',
};
const fasterUp: Why = {
  reason: 'ScaleUpLimit',
  message: 'the desired replica count is increasing faster than the maximum scale rate',
};
const fasterDown: Why = {
  reason: 'ScaleDownLimit',
  message: 'the desired replica count is decreasing faster than the maximum scale rate',
};
const ready: Why = { reason: 'ReadyForNewScale', message: 'recommended size matches current size' };
const upStabilized: Why = {
  reason: 'ScaleUpStabilized',
  message: 'recent recommendations were lower than current one, applying the lowest recent recommendation',
};
const downStabilized: Why = {
  reason: 'ScaleDownStabilized',
  message: 'recent recommendations were higher than current one, applying the highest recent recommendation',
};

/** What one autoscaler recommended and did lately. All times in ms since 1970. */
export class ScalingHistory {
  #recommended: Moment[] = [];
  #added: Moment[] = [];
  #removed: Moment[] = [];

  /** Before the first recommendation what is there counts as one. */
  begin(current: number, at: number): void {
    if (this.#recommended.length === 0) this.#recommended.push({ at, count: current });
  }

  scaled(from: number, to: number, at: number): void {
    const events = to > from ? this.#added : this.#removed;
    events.push({ at, count: Math.abs(to - from) });
  }

  /** Where a recommendation leads after waiting, rates and bounds. */
  judge(spec: HorizontalPodAutoscalerSpec, current: number, wanted: number, now: number): Verdict {
    this.#forget(now);
    const stable = this.#stabilize(spec, current, wanted, now);
    this.#recommended.push({ at: now, count: wanted });
    const slowed = wanted >= current ? upStabilized : downStabilized;
    const able = stable === wanted ? ready : spec.behavior ? slowed : downStabilized;
    const { replicas, why } = spec.behavior
      ? this.#byRates(spec, current, stable, now)
      : byDefaultRates(spec, current, stable);
    return { replicas, able, limited: { ...why, limited: replicas !== stable } };
  }

  #forget(now: number): void {
    const recent = ({ at }: Moment) => at > now - longestSeconds * 1000;
    this.#recommended = this.#recommended.filter(recent);
    this.#added = this.#added.filter(recent);
    this.#removed = this.#removed.filter(recent);
  }

  #stabilize({ behavior }: HorizontalPodAutoscalerSpec, current: number, wanted: number, now: number): number {
    const since = (seconds: number) =>
      this.#recommended.filter(({ at }) => at > now - seconds * 1000).map(({ count }) => count);
    const highest = Math.max(wanted, ...since(behavior?.scaleDown?.stabilizationWindowSeconds ?? downWindowSeconds));
    if (!behavior) return highest;
    const lowest = Math.min(wanted, ...since(behavior.scaleUp?.stabilizationWindowSeconds ?? 0));
    return Math.min(Math.max(current, lowest), highest);
  }

  #byRates(spec: HorizontalPodAutoscalerSpec, current: number, wanted: number, now: number): Bounded {
    const { minReplicas = 1, maxReplicas, behavior } = spec;
    if (wanted > current) {
      const limit = Math.max(current, this.#limit(behavior?.scaleUp, current, 1, now));
      const most = Math.min(maxReplicas, limit);
      if (wanted > most) return { replicas: most, why: maxReplicas > limit ? fasterUp : tooMany };
    } else if (wanted < current) {
      const limit = Math.min(current, this.#limit(behavior?.scaleDown, current, -1, now));
      const least = Math.max(minReplicas, limit);
      if (wanted < least) return { replicas: least, why: minReplicas < limit ? fasterDown : tooFew };
    }
    return { replicas: wanted, why: within };
  }

  /** How far the policies let it go: `sign` 1 up, -1 down. */
  #limit(rules: HPAScalingRules | undefined, current: number, sign: 1 | -1, now: number): number {
    if (rules?.selectPolicy === 'Disabled') return current;
    const proposals = (rules?.policies ?? []).map(({ type, value, periodSeconds }) => {
      const during = (events: readonly Moment[]) =>
        events.filter(({ at }) => at > now - periodSeconds * 1000).reduce((sum, { count }) => sum + count, 0);
      const before = current - during(this.#added) + during(this.#removed);
      if (type === 'Pods') return before + sign * value;
      const moved = before * (1 + (sign * value) / 100);
      return sign > 0 ? Math.ceil(moved) : Math.trunc(moved);
    });
    const farthest = (rules?.selectPolicy ?? 'Max') === 'Max';
    return farthest === sign > 0 ? Math.max(...proposals) : Math.min(...proposals);
  }
}

interface Bounded {
  replicas: number;
  why: Why;
}

/** Without `behavior`: at most twice as many as now, or four. */
function byDefaultRates(spec: HorizontalPodAutoscalerSpec, current: number, wanted: number): Bounded {
  const { minReplicas = 1, maxReplicas } = spec;
  const limit = Math.max(2 * current, 4);
  const most = Math.min(maxReplicas, limit);
  if (wanted < minReplicas) return { replicas: minReplicas, why: tooFew };
  if (wanted > most) return { replicas: most, why: maxReplicas > limit ? fasterUp : tooMany };
  return { replicas: wanted, why: within };
}
