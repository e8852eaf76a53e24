import { difference, type Outcome } from '../conformance/transcripts/compare.ts';
import { type Lab, openLab, openLabOn } from '../conformance/transcripts/lab.ts';
import type { LearnerScript, LearnerStep } from './script.ts';

/** One line, done on both clusters. */
export interface Comparison {
  script: string;
  step: LearnerStep;
  /** Undefined if both showed the same. */
  difference?: string;
}

/** A real cluster that goes back to how it was between scripts. */
export interface RealCluster {
  /** The text of a kubeconfig. */
  kubeconfig: string;
  reset(): Promise<void>;
}

/** Does a script on the real cluster and on a fresh embedded one, and compares what every line showed. */
export async function compareScript(script: LearnerScript, real: RealCluster, kubectl: string): Promise<Comparison[]> {
  const topic = { ...script, recorded: { nodes: [], server: '' } };
  const [there, here] = await Promise.all([
    perform(script, openLabOn(real.kubeconfig, topic, kubectl)),
    perform(script, openLab(topic, kubectl)),
  ]);
  await real.reset();
  return script.steps.map((step, index) => {
    const [expected, got] = [there.outcomes[index], here.outcomes[index]];
    if (!expected || !got) throw new Error(`${script.topic}: ${step.run} was not done`);
    const text = difference({ ...step, ...expected }, got, there, here);
    return { script: script.topic, step, ...(text !== undefined && { difference: text }) };
  });
}

async function perform(
  { steps }: LearnerScript,
  opening: Promise<Lab>,
): Promise<{ outcomes: Outcome[]; nodes: string[]; server: string }> {
  const lab = await opening;
  try {
    const outcomes: Outcome[] = [];
    for (const step of steps) outcomes.push(await lab.perform(step));
    return { outcomes, nodes: [...lab.nodes], server: lab.server };
  } finally {
    await lab.close();
  }
}
