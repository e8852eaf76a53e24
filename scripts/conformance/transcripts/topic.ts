import { parse } from 'yaml';

/** One line that a learner typed, and what was recorded. */
export interface Step {
  run: string;
  /** Python regex: the line is repeated until stdout and stderr match. */
  until?: string;
  /** Seconds for `until`. */
  within?: number;
  /** Seconds for one run. */
  timeout?: number;
  sorted?: boolean;
  progress?: boolean;
  mask?: string[];
  code?: number;
  out?: string;
  err?: string;
}

/** A recorded session: fixtures/kubernetes/recordings/README.md says what its keys mean. */
export interface Topic {
  topic: string;
  /** What it is about, for people. */
  about?: string;
  /** Of the context; created before. */
  namespace: string;
  files: Record<string, string>;
  steps: Step[];
  recorded: { nodes: string[]; server: string };
}

/** A session from its YAML; `name` is its topic where it names none. Throws if it is not of a session's form. */
export function parseTopic(name: string, yaml: string): Topic {
  const read = parse(yaml, { version: '1.1' }) as Partial<Topic> & {
    steps: (Step | string)[];
    recorded: Topic['recorded'];
  };
  const topic = read.topic ?? name;
  const steps = read.steps.map((step) => (typeof step === 'string' ? { run: step } : step));
  const bad = steps.find((step) => typeof step.run !== 'string');
  if (bad) throw new Error(`${name}: a step without a line: ${JSON.stringify(bad)}`);
  const { about, namespace = topic, files = {}, recorded } = read;
  return { topic, ...(about && { about }), namespace, files, steps, recorded };
}

/** A regex in Python's words with re.MULTILINE, as far as the recordings use them. */
export function pythonRegex(source: string, flags = 'm'): RegExp {
  return new RegExp(source.replaceAll('\\A', '(?<![\\s\\S])').replaceAll('\\Z', '(?![\\s\\S])'), flags);
}
