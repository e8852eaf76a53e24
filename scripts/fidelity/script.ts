import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { readTopic, type Step, type Topic } from '../conformance/transcripts/topic.ts';

/** A line that a learner types, and why it shows something else on an embedded cluster, if it is known to. */
export interface LearnerStep extends Step {
  differs?: string;
}

/** What a learner does in one sitting, in a namespace of its own. */
export interface LearnerScript extends Omit<Topic, 'recorded'> {
  steps: LearnerStep[];
}

/** Reads the scripts of a folder, a YAML file each, by name. */
export async function readScripts(folder: string, only?: RegExp): Promise<LearnerScript[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.yaml')).sort();
  return Promise.all(
    files.filter((file) => !only || only.test(basename(file, '.yaml'))).map((file) => readTopic(join(folder, file))),
  );
}
