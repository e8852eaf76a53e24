import { readRecording, recordedTopics } from '../recordings.ts';
import { difference, type Outcome } from './compare.ts';
import { openLab } from './lab.ts';
import { parseTopic, type Step, type Topic } from './topic.ts';

interface StepReport extends Partial<Outcome> {
  run: string;
  match: boolean;
  difference?: string;
}

export interface TopicReport {
  topic: string;
  matched: number;
  total: number;
  seconds: number;
  steps: StepReport[];
}

export interface ReplayOptions {
  /** Path of the kubectl that the learner has. */
  kubectl: string;
  /** Topics whose names match. */
  only?: RegExp;
  /** One topic of so many, in the order of their names. */
  every?: number;
  /** Topics side by side, each on a cluster of its own. */
  jobs: number;
  /** Reported of each topic when it is through. */
  report?(report: TopicReport): void;
}

/** Replays recorded kubectl sessions. A step that can't be run counts as a miss. */
export async function replayTranscripts({
  kubectl,
  only,
  every = 1,
  jobs,
  report,
}: ReplayOptions): Promise<TopicReport[]> {
  const topics = recordedTopics('transcripts')
    .map((name) => parseTopic(name, readRecording(`transcripts/${name}.yaml`)))
    .filter(({ topic }, index) => index % every === 0 && (!only || only.test(topic)));
  // Longest first, so that the tail is short.
  const queue = [...topics].sort((a, b) => effort(b.steps) - effort(a.steps));
  const reports = new Map<string, TopicReport>();
  const worker = async () => {
    for (let topic = queue.shift(); topic; topic = queue.shift()) {
      const done = await replayTopic(topic, kubectl);
      reports.set(topic.topic, done);
      report?.(done);
    }
  };
  await Promise.all(Array.from({ length: jobs }, worker));
  return topics.flatMap(({ topic }) => reports.get(topic) ?? []);
}

const effort = (steps: readonly Step[]) =>
  steps.reduce((sum, { until, within = 90 }) => sum + (until ? within / 10 : 1), 0);

async function replayTopic(topic: Topic, kubectl: string): Promise<TopicReport> {
  const steps: StepReport[] = [];
  const began = performance.now();
  const lab = await openLab(topic, kubectl);
  try {
    for (const step of topic.steps) {
      const outcome = await lab.perform(step);
      const text = difference(step, outcome, topic.recorded, lab);
      steps.push({
        run: step.run,
        match: text === undefined,
        ...(text !== undefined && { difference: text, ...outcome }),
      });
    }
  } finally {
    await lab.close();
  }
  const matched = steps.filter(({ match }) => match).length;
  const seconds = Math.round((performance.now() - began) / 1000);
  return { topic: topic.topic, matched, total: topic.steps.length, seconds, steps };
}
