import type { Activity } from '../grading/types.ts';
import { ownValue } from '../kernel/own.ts';
import type { AttemptEvent } from './events.ts';
import { type AttemptFold, applyEvent, foldAttempt, workedTime } from './fold.ts';

/** Something that was done and undone. Times are milliseconds of work in the try, as its clock counts them. */
export interface Detour {
  kind: 'undone' | 'set-back' | 'reset';
  what: string;
  /** When it was undone. */
  at: number;
  /** How long it was there; of a reset: the work that it threw away. */
  cost: number;
}

/** What would cost time at an exam. */
export interface Loss {
  kind: 'wrong-namespace' | 'applied-file' | 'many-edits' | 'made-again' | 'overtime';
  what: string;
  /** The faster way, in a sentence that gives no solution away. */
  faster: string;
  at: number;
  /** Missing where the log can't tell. */
  cost?: number;
}

/** A check that had passed and failed again. */
export interface Setback {
  check: string;
  at: number;
  /** Until it passed again; missing if it never did. */
  lasted?: number;
}

/** What the log of an attempt tells of how the work went. */
export interface Statistics {
  /** Milliseconds of work until the first change, the first check that a change mended, and the end. */
  times: { change?: number; fix?: number; solved?: number };
  detours: Detour[];
  setbacks: Setback[];
  losses: Loss[];
}

/** An event with the work that was done until then. */
type Timed<E = AttemptEvent> = { at: number; event: E };
type Change = Activity & { at: number };

const minute = 60_000;

/**
 * How the work of an attempt went: of its last try until it was solved, and the resets before. The log knows only what
 * the activity feed follows; of anything else nothing is said.
 */
export function statisticsOf(events: readonly AttemptEvent[]): Statistics {
  const { tried, resets, fold } = lastTry(events);
  const changes = tried.flatMap(({ at, event }) => (event.type === 'activity' ? [{ ...event.activity, at }] : []));
  const solved = tried.find(({ event }) => event.type === 'solved')?.at;
  const fix = firstFix(tried);
  const histories = byObject(changes);
  const wrong = wrongNamespaces(histories);
  const again = histories.flatMap(recreated);
  const reported = new Set([...wrong, ...again].map(({ first }) => first));
  const losses = [
    ...[...wrong, ...again].map(({ loss }) => loss),
    ...appliedFiles(changes),
    ...histories.flatMap(manyEdits),
    ...(fold ? overtime(fold.minutes, tried.at(-1)?.at ?? 0) : []),
  ];
  return {
    times: {
      ...(changes[0] ? { change: changes[0].at } : {}),
      ...(fix === undefined ? {} : { fix }),
      ...(solved === undefined ? {} : { solved }),
    },
    detours: [
      ...resets,
      ...[...histories.flatMap((h) => undone(h, reported)), ...histories.flatMap(setBack)].sort(byTime),
    ],
    setbacks: setbacksOf(tried),
    losses: losses.sort(byTime),
  };
}

function byTime(a: { at: number }, b: { at: number }): number {
  return a.at - b.at;
}

/** The events of the last try from when the learner began until it was solved, and what each reset threw away. */
export function lastTry(events: readonly AttemptEvent[]): { tried: Timed[]; resets: Detour[]; fold?: AttemptFold } {
  const fold = foldAttempt(events.slice(0, 1));
  const resets: Detour[] = [];
  let tried: Timed[] = [];
  if (!fold) return { tried, resets };
  let working = false;
  for (const event of events.slice(1)) {
    if (event.type === 'resetting') {
      const worked = workedTime(fold, event.t);
      resets.push({ kind: 'reset', what: 'everything was put back', at: worked, cost: worked });
      tried = [];
      working = false;
    }
    applyEvent(fold, event);
    if (event.type === 'activated') working = true;
    if (working) tried.push({ at: workedTime(fold, event.t), event });
    if (event.type === 'solved') working = false;
  }
  return { tried, resets, fold };
}

/**
 * When a check that had failed first passed after a change. Without a change in the feed before it nothing is claimed:
 * what was only slow to come up was not mended.
 */
function firstFix(tried: readonly Timed[]): number | undefined {
  const failed = new Set<string>();
  let changed = false;
  for (const { at, event } of tried) {
    if (event.type === 'activity') changed = true;
    if (event.type !== 'verdict') continue;
    if (event.status === 'fail') failed.add(event.check);
    if (event.status === 'pass' && changed && failed.has(event.check)) return at;
    if (event.status === 'pass') failed.delete(event.check);
  }
  return undefined;
}

/** Checks that passed and failed later, however often they were undecided in between. */
function setbacksOf(tried: readonly Timed[]): Setback[] {
  const setbacks: Setback[] = [];
  const green = new Set<string>();
  const open = new Map<string, Setback>();
  for (const { at, event } of tried) {
    if (event.type !== 'verdict') continue;
    const { check, status } = event;
    if (status === 'pass') {
      const setback = open.get(check);
      if (setback) setback.lasted = at - setback.at;
      open.delete(check);
      green.add(check);
    } else if (status === 'fail' && green.delete(check)) {
      const setback: Setback = { check, at };
      open.set(check, setback);
      setbacks.push(setback);
    }
  }
  return setbacks;
}

/** The changes of each object, in order. */
function byObject(changes: readonly Change[]): Change[][] {
  return [...Map.groupBy(changes, (c) => [c.kind, c.namespace ?? '', c.name].join('\n')).values()];
}

function named({ kind, name, namespace }: Activity): string {
  return `${kind} ${name}${namespace ? ` in ${namespace}` : ''}`;
}

/** Each deletion of an object that the learner had created. `next`: when it was created once more. */
function deletions(history: readonly Change[]): { created?: Change; gone: Change; next?: Change }[] {
  return history.flatMap((gone, index) => {
    if (gone.change !== '-') return [];
    const created = history.slice(0, index).findLast((c) => c.change === '+');
    const next = history.slice(index).find((c) => c.change === '+');
    return [{ gone, ...(created ? { created } : {}), ...(next ? { next } : {}) }];
  });
}

/**
 * Objects created in the try and deleted in it, if nothing else is told of that already. Of Jobs nothing is said: they
 * may go by themselves (ttlSecondsAfterFinished), or were there for a trial.
 */
function undone(history: readonly Change[], reported: ReadonlySet<Change>): Detour[] {
  if (history[0]?.kind === 'Job') return [];
  return deletions(history).flatMap(({ created, gone }) =>
    !created || reported.has(created) || reported.has(gone)
      ? []
      : [
          {
            kind: 'undone' as const,
            what: `${named(gone)} was made and deleted again`,
            at: gone.at,
            cost: gone.at - created.at,
          },
        ],
  );
}

/** What the feed tells of an object in whole: rules, or a role and its subjects. Of other fields it tells only names. */
function stateOf(change: Change): string | undefined {
  return /^rules: | → /.test(change.detail) ? change.detail : undefined;
}

/** Rules and subjects that were one thing, then another, then the first again: seen in the feed each time. */
function setBack(history: readonly Change[]): Detour[] {
  const detours: Detour[] = [];
  let seen: { state: string; at: number }[] = [];
  for (const change of history) {
    if (change.change === '-') seen = [];
    const state = stateOf(change);
    if (state === undefined || seen.at(-1)?.state === state) continue;
    const before = seen.findIndex((s) => s.state === state);
    const left = before < 0 ? undefined : seen[before + 1];
    if (left) {
      const what = `${named(change)} was changed and set back`;
      detours.push({ kind: 'set-back', what, at: change.at, cost: change.at - left.at });
      seen = seen.slice(0, before);
    }
    seen.push({ state, at: change.at });
  }
  return detours;
}

/** A loss, and the change with which it began. */
interface Begun {
  first: Change;
  loss: Loss;
}

/** An object created and deleted in one namespace, and later than there created by the same kind and name in another. */
function wrongNamespaces(histories: readonly Change[][]): Begun[] {
  return histories.flatMap((history) =>
    deletions(history).flatMap(({ created, next }): Begun[] => {
      if (!created?.namespace || next) return [];
      const right = histories
        .flat()
        .find(
          (c) =>
            c.change === '+' &&
            c.kind === created.kind &&
            c.name === created.name &&
            c.namespace !== created.namespace &&
            c.at > created.at,
        );
      if (!right?.namespace) return [];
      return [
        {
          first: created,
          loss: {
            kind: 'wrong-namespace',
            what: `${created.kind} ${created.name} was made in ${created.namespace} first, then in ${right.namespace}`,
            faster: 'Read the namespace in the task first, and give it with -n in every command.',
            at: right.at,
            cost: right.at - created.at,
          },
        },
      ];
    }),
  );
}

/** Kinds of which nothing is immutable: whatever is wrong with one can be changed. */
const changeable = new Set(['Role', 'ClusterRole', 'CronJob']);

/**
 * Objects deleted and recreated where a change would have done: of kinds that can be changed in whole, and bindings
 * that are seen to have kept their role (another role can't be had otherwise).
 */
function recreated(history: readonly Change[]): Begun[] {
  return deletions(history).flatMap(({ created, gone, next }) => {
    if (!next) return [];
    const role = (created && roleOf(created)) ?? '';
    if (!changeable.has(next.kind) && (role === '' || role !== roleOf(next))) return [];
    const loss: Loss = {
      kind: 'made-again',
      what: `${named(next)} was deleted and made again`,
      faster: 'kubectl edit or apply changes such an object as it stands.',
      at: next.at,
      cost: next.at - gone.at,
    };
    return [{ first: created ?? gone, loss }];
  });
}

function roleOf({ detail }: Change): string | undefined {
  return /^(\w+ \S+) → /.exec(detail)?.[1];
}

/** What `kubectl create` makes from the command line, of the kinds that the feed follows. */
const imperative: Readonly<Record<string, string>> = {
  ClusterRole: 'clusterrole',
  ClusterRoleBinding: 'clusterrolebinding',
  ConfigMap: 'configmap',
  CronJob: 'cronjob',
  Deployment: 'deployment',
  Ingress: 'ingress',
  Job: 'job',
  Namespace: 'namespace',
  PodDisruptionBudget: 'poddisruptionbudget',
  PriorityClass: 'priorityclass',
  ResourceQuota: 'quota',
  Role: 'role',
  RoleBinding: 'rolebinding',
  Secret: 'secret',
  Service: 'service',
  ServiceAccount: 'serviceaccount',
};

/**
 * Objects whose maker was `kubectl apply` (its field managers), of kinds for which there is a command. How long the
 * file took, and whether a command wrote it, the log can't show. `kubectl create -f` looks like a command: not reported.
 */
function appliedFiles(changes: readonly Change[]): Loss[] {
  const applied = changes.filter(
    (c) => c.change === '+' && /^kubectl(-client-side-apply)?$/.test(c.manager) && ownValue(imperative, c.kind),
  );
  const [first] = applied;
  if (!first) return [];
  const commands = [...new Set(applied.map((c) => `kubectl create ${ownValue(imperative, c.kind)}`))];
  return [
    {
      kind: 'applied-file',
      what: `applied from files: ${[...new Set(applied.map(named))].join(', ')}`,
      faster: `No file need be typed: there is ${commands.join(', ')}; with --dry-run=client -o yaml it writes one to begin with.`,
      at: first.at,
    },
  ];
}

/** Three changes or more of one object within two minutes of work; restarts of a rollout are none. */
function manyEdits(history: readonly Change[]): Loss[] {
  const losses: Loss[] = [];
  let run: Change[] = [];
  const close = () => {
    const [first, last] = [run[0], run.at(-1)];
    if (first && last && run.length >= 3)
      losses.push({
        kind: 'many-edits',
        what: `${named(first)} was changed ${run.length} times in a short while`,
        faster: 'Look through the whole object first, then change all of it in one kubectl edit.',
        at: last.at,
        cost: last.at - first.at,
      });
    run = [];
  };
  for (const change of history) {
    if (change.manager === 'kubectl-rollout') continue;
    if (change.change !== '~' || (run[0] && change.at - run[0].at > 2 * minute)) close();
    if (change.change === '~') run.push(change);
  }
  close();
  return losses;
}

/** Longer than the scenario's minutes, by the clock of the attempt. */
function overtime(minutes: number, worked: number): Loss[] {
  const over = worked - minutes * minute;
  if (over <= 0) return [];
  return [
    {
      kind: 'overtime',
      what: `over the ${minutes} min of the scenario`,
      faster: 'Mark a task that takes longer and go on: another one may be quick.',
      at: worked,
      cost: over,
    },
  ];
}

/** The statistics as a section of Markdown, of at most three lines; empty if there is nothing to say. */
export function statisticsMarkdown(statistics: Statistics): string {
  const lines = statisticsLines(statistics).map((line) => `- ${line.replace(/[\\`*_|<>[\]]/g, '\\$&')}\n`);
  return lines.length > 0 ? `## How it went\n\n${lines.join('')}` : '';
}

/** The times, and the loss and the detour that cost most. */
function statisticsLines({ times, detours, losses }: Statistics): string[] {
  const parts = [
    ...(times.change === undefined ? [] : [`first change after ${duration(times.change)}`]),
    ...(times.fix === undefined ? [] : [`first fix after ${duration(times.fix)}`]),
    ...(times.solved === undefined ? [] : [`solved in ${duration(times.solved)}`]),
  ];
  const [loss] = [...losses].sort((a, b) => (b.cost ?? 0) - (a.cost ?? 0));
  const [detour] = [...detours].sort((a, b) => b.cost - a.cost);
  const more = (all: readonly unknown[]) => (all.length > 1 ? ` (${all.length - 1} more: kubedrill report)` : '');
  return [
    ...(parts.length > 0 ? [sentence(parts.join(', '))] : []),
    ...(loss ? [`${sentence(costly(loss))} ${loss.faster}${more(losses)}`] : []),
    ...(detour ? [`${sentence(`detour: ${costly(detour)}`)}${more(detours)}`] : []),
  ];
}

/** `Role a was created and deleted again: 40 s` */
export function costly({ what, cost }: { what: string; cost?: number }): string {
  return cost === undefined ? what : `${what}: ${duration(cost)}`;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
