import type { Check } from '../checks/types.ts';
import type { AddonName } from '../cluster/addons/names.ts';

/** So many of a pack's scenarios in so much time: which ones a seed draws, unless they are named. */
export interface Exam {
  id: string;
  title: string;
  minutes: number;
  tasks: number;
  /** Whose domains it is drawn and reported by; undefined: those of both. */
  curriculum?: 'cka' | 'ckad' | undefined;
  /** A mock: its tasks in order, with their weights in percent. */
  fixed?: readonly { scenario: string; weight: number }[] | undefined;
}

/** A folder with scenarios, as `pack.yaml` describes it. */
export interface Pack {
  id: string;
  title: string;
  version: string;
  /** Ids of scenarios that come first, in this order. */
  order: string[];
  /** What scenarios were called before, and what they are called now. */
  renamed: Readonly<Record<string, string>>;
  exams: Exam[];
  folder: string;
  /** Comes with kubedrill: its scripts run without asking. */
  builtIn: boolean;
}

export interface Hint {
  text: string;
  /** Points it costs. */
  price: number;
  /** What must hold, all of it, while this hint is offered before the others; undefined: a tier, given in its turn. */
  when?: Check[];
}

/** The hints that are given one by one, whatever the cluster looks like. */
export function tiersOf(scenario: Pick<Scenario, 'hints'>): Hint[] {
  return scenario.hints.filter((hint) => !hint.when);
}

/** What the hints look at, beside the checks. */
export function conditionsOf(scenario: Pick<Scenario, 'hints'>): Check[] {
  return scenario.hints.flatMap((hint) => hint.when ?? []);
}

/** A script (`.sh`) or a manifest (`.yaml`) of a scenario, its variables filled in. */
export interface Script {
  /** File name without its ending: `reference`. */
  name: string;
  file: string;
  kind: 'shell' | 'manifest';
  text: string;
}

/** A wrong fix that people really make, and the checks that must catch it; all others must pass. */
export interface Mistake extends Script {
  title: string;
  fails: string[];
}

export interface Scenario {
  id: string;
  pack: Pack;
  folder: string;
  title: string;
  /** `cka/rbac`: exam and competency. */
  competencies: string[];
  difficulty: 'easy' | 'medium' | 'hard';
  minutes: number;
  cluster: { nodes: number; addons: AddonName[] };
  /** Names and values of the variables for this seed. */
  variables: Record<string, string>;
  /** The namespaces a learner works in; the first one is the shell's default. */
  namespaces: string[];
  setup: Script[];
  /** What must hold before the learner starts. */
  waits: Check[];
  checks: Check[];
  hints: Hint[];
  /** What the author means so: names nobody checks, images that can't be pulled, mutants that are right as well. */
  lint: { unchecked: string[]; missing: string[]; equivalent: string[] };
  solutions: Script[];
  mistakes: Mistake[];
  /** Markdown. */
  task: string;
  debrief: string;
}

/** The exams a scenario belongs to, from its competencies. */
export function examsOf(scenario: Pick<Scenario, 'competencies'>): string[] {
  return [...new Set(scenario.competencies.map((c) => c.split('/')[0] ?? ''))];
}
