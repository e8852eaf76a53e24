/**
 * What a Pod goes through, as tables: which stage it is in, and what happens to each of its containers there.
 * Everything here is a function of what is known; `pod-worker.ts` does it.
 */
import type { Container, Pod } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { type ContainerRecord, containersOf } from '../containers/container-record.ts';

export type Stage = 'removed' | 'terminating' | 'finished' | 'expired' | 'preparing' | 'completing' | 'running';

/** What the stage of a Pod depends on. */
export interface PodView {
  pod: Stored<Pod>;
  records: ReadonlyMap<string, ContainerRecord>;
  /** ms since 1970. */
  now: number;
  /** The object is gone from the API. */
  removed: boolean;
  /** Succeeded or Failed, nothing runs any more. */
  finished: boolean;
  /** The Pod has its network and its volumes. */
  prepared: boolean;
}

/** The first stage whose condition holds is the Pod's. */
export const podStages: readonly { stage: Stage; when: (view: PodView) => boolean }[] = [
  { stage: 'removed', when: (v) => v.removed },
  { stage: 'terminating', when: (v) => v.pod.metadata.deletionTimestamp !== undefined },
  { stage: 'finished', when: (v) => v.finished },
  { stage: 'expired', when: deadlinePassed },
  { stage: 'completing', when: (v) => v.prepared && isOver(v) },
  { stage: 'preparing', when: (v) => !v.prepared },
  { stage: 'running', when: () => true },
];

export function stageOf(view: PodView): Stage {
  return podStages.find(({ when }) => when(view))?.stage ?? 'running';
}

export type ContainerAction =
  /** Leave it as it is. */
  | 'keep'
  | 'start'
  /** Kill it and start it again: its spec changed. */
  | 'replace'
  /** Not its turn: init containers before it are still at work. */
  | 'later'
  /** Ended for good. */
  | 'done';

interface ContainerView {
  spec: Container;
  record: ContainerRecord | undefined;
  pod: Stored<Pod>;
  /** All init containers before it are complete (sidecars: started). */
  turn: boolean;
}

/** The first rule that fits decides. */
const containerRules: readonly { when: (c: ContainerView) => boolean; action: ContainerAction }[] = [
  { when: (c) => runs(c.record) && imageChanged(c), action: 'replace' },
  { when: (c) => runs(c.record), action: 'keep' },
  { when: (c) => !c.turn, action: 'later' },
  { when: (c) => c.record?.current === undefined, action: 'start' },
  { when: (c) => c.record?.interrupted === true, action: 'start' },
  { when: (c) => restarts(c.pod, c.spec, c.record), action: 'start' },
  { when: () => true, action: 'done' },
];

/** What to do now with every container of a Pod in the stage `running`, in order. */
export function containerActions(
  view: PodView,
): { record: ContainerRecord | undefined; spec: Container; action: ContainerAction }[] {
  let turn = true;
  const begun = hasBegun(view);
  return containersOf(view.pod).map(({ kind, spec }) => {
    const record = view.records.get(spec.name);
    const c: ContainerView = {
      spec,
      record,
      pod: view.pod,
      turn: turn || kind === 'ephemeral' || (begun && kind !== 'init'),
    };
    // Init containers do not run again once the main containers have begun.
    const action = kind === 'init' && begun ? 'done' : (containerRules.find(({ when }) => when(c))?.action ?? 'keep');
    if (kind === 'init' && !completed(record)) turn = false;
    if (kind === 'sidecar' && !(runs(record) && record?.current?.started)) turn = false;
    return { record, spec, action };
  });
}

/** Whether a main container has ever run: then the Pod counts as initialized. */
export function hasBegun(view: Pick<PodView, 'pod' | 'records'>): boolean {
  return (view.pod.spec?.containers ?? []).some((c) => view.records.get(c.name)?.current !== undefined);
}

export function runs(record: ContainerRecord | undefined): boolean {
  return record?.current?.running !== undefined && record.current.end === undefined;
}

export function completed(record: ContainerRecord | undefined): boolean {
  return record?.current?.end?.exitCode === 0;
}

/** Whether a container that ended starts again, by its own rules (KEP-5307), else by the Pod's restart policy. */
export function restarts(pod: Stored<Pod>, spec: Container, record: ContainerRecord | undefined): boolean {
  if (record?.kind === 'ephemeral') return false;
  if (record?.interrupted || !record?.current?.end) return true;
  const { exitCode } = record.current.end;
  if (record.kind === 'sidecar') return true;
  const ruled = (spec.restartPolicyRules ?? []).some(
    ({ action, exitCodes }) =>
      action === 'Restart' &&
      exitCodes &&
      (exitCodes.values ?? []).includes(exitCode) === (exitCodes.operator === 'In'),
  );
  if (ruled) return true;
  const policy = spec.restartPolicy ?? pod.spec?.restartPolicy ?? 'Always';
  if (record.kind === 'init') return policy !== 'Never' && exitCode !== 0;
  return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0);
}

/** Nothing of the Pod will run again: all main containers ended for good, or an init container failed for good. */
function isOver(view: PodView): boolean {
  const of = (specs: Container[] | undefined) =>
    (specs ?? []).map((spec) => ({ spec, record: view.records.get(spec.name) }));
  const forGood = ({ spec, record }: { spec: Container; record: ContainerRecord | undefined }) =>
    record?.current?.end !== undefined && !restarts(view.pod, spec, record);
  const initFailed = of(view.pod.spec?.initContainers).some(
    (c) => c.record?.kind === 'init' && forGood(c) && !completed(c.record),
  );
  return initFailed || of(view.pod.spec?.containers).every(forGood);
}

/** activeDeadlineSeconds, counted from the Pod's startTime. */
function deadlinePassed(view: PodView): boolean {
  const end = deadline(view.pod);
  return end !== undefined && view.now >= end;
}

/** When activeDeadlineSeconds is over, in ms since 1970. */
export function deadline(pod: Stored<Pod>): number | undefined {
  const seconds = pod.spec?.activeDeadlineSeconds;
  const start = Date.parse(pod.status?.startTime ?? '');
  return seconds === undefined || Number.isNaN(start) ? undefined : start + seconds * 1000;
}

function imageChanged({ spec, record }: ContainerView): boolean {
  return record?.current !== undefined && record.current.specImage !== spec.image;
}
