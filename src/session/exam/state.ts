import { allowedDocs } from '../../scenario/allowed-docs.ts';
import { curriculum } from '../../scenario/curriculum.ts';
import type { Scenario } from '../../scenario/types.ts';
import { type SittingFold, spentOn } from './fold.ts';
import type { ExamState, ExamTask } from './types.ts';

/** What is known of a task beside its plan: how far its cluster is, and how it stands. */
export type TaskProgress = Pick<ExamTask, 'phase' | 'step' | 'failure' | 'cluster' | 'score'>;

/** A sitting as whoever sits it sees it. `progress` is asked by place, from 0. */
export function describeSitting(
  fold: Readonly<SittingFold>,
  scenarios: readonly Scenario[],
  { now, progress, result }: { now: number; progress(task: number): TaskProgress; result?: ExamState['result'] },
): ExamState {
  const { id, exam, mode, seed, minutes, phase, openedAt, deadline, current, notes, submitted } = fold;
  const end = (openedAt ?? now) + minutes * 60_000;
  return {
    id,
    exam,
    mode,
    seed,
    minutes,
    phase,
    ...(openedAt !== undefined && { openedAt }),
    ...(deadline !== undefined && { deadline }),
    now,
    left: end - Math.min(now, submitted?.at ?? now),
    current: current + 1,
    tasks: fold.tasks.map((task, index): ExamTask => {
      const { flagged, host, scenario, title, weight, domain, minutes: planned, attempt } = task;
      const known = scenarios[index];
      return {
        number: index + 1,
        host,
        title,
        scenario,
        weight,
        ...(domain !== undefined && { domain }),
        minutes: planned,
        ...(attempt !== undefined && { attempt }),
        namespace: known?.namespaces[0] ?? 'default',
        flagged,
        spent: spentOn(fold, index, now),
        task: `Solve this on: \`ssh ${host}\`\n\n${known?.task ?? ''}`,
        ...progress(index),
      };
    }),
    notes,
    docs: allowedDocs(examsOf(fold)),
    ...(submitted && { submitted: { by: submitted.by, at: submitted.at } }),
    ...(result && { result }),
  };
}

/** The curricula that its tasks count for. */
function examsOf({ tasks }: Readonly<SittingFold>): ('cka' | 'ckad')[] {
  const counted = curriculum.filter(({ exam, id }) => tasks.some(({ domain }) => domain === `${exam}/${id}`));
  return [...new Set(counted.map(({ exam }) => exam))];
}
