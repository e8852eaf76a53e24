import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parseTopic, type Step, type Topic } from '../conformance/transcripts/topic.ts';

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
  const named = files.map((file) => ({ file, name: basename(file, '.yaml') }));
  return Promise.all(
    named
      .filter(({ name }) => !only || only.test(name))
      .map(async ({ file, name }) => parseTopic(name, await readFile(join(folder, file), 'utf8'))),
  );
}
