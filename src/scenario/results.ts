import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { UserError } from '../kernel/errors.ts';
import { apiVersion } from './schema.ts';
import { readBounded, readDocument } from './yaml-text.ts';

/** What `pack verify` found of a scenario on the clusters of one provider. */
const result = z.strictObject({
  /** Of the pack. */
  version: z.string(),
  /** Of what the verdicts depend on: see proofDigest. */
  digest: z.string(),
  solutions: z.number(),
  mistakes: z.number(),
  /** What the reference solution changes, `~ Role`, one for each object; missing in older results. */
  reference: z.array(z.string()).optional(),
  /** Only if they were tried. */
  mutants: z.number().optional(),
  /** The seeds that all of it holds for, as in `0-20`, and those that something is wrong with. */
  seeds: z.string(),
  failed: z.string(),
});
const results = z.strictObject({
  apiVersion: z.literal(apiVersion),
  kind: z.literal('Results'),
  /** By `pack/scenario`, then by provider. */
  scenarios: z.record(z.string(), z.record(z.string(), result)),
});

export type Result = z.infer<typeof result>;
export type Results = z.infer<typeof results>;

/** What became of a scenario on a provider: `changed`: it is no longer what was verified. */
export type Standing = 'verified' | 'failed' | 'changed' | 'untried';

/** The results kept in a file; none if there is no such file. */
export function readResults(file: string): Results {
  if (!existsSync(file)) return { apiVersion, kind: 'Results', scenarios: {} };
  try {
    return results.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (cause) {
    throw new UserError(
      { what: `${file} holds no results of pack verify`, next: 'name another file, or delete it' },
      { cause },
    );
  }
}

/** Where a scenario stands that is now as `digest` says. */
export function standingOf(result: Result | undefined, digest: string): Standing {
  if (!result) return 'untried';
  if (result.digest !== digest) return 'changed';
  return result.failed === '' ? 'verified' : 'failed';
}

/** What the verdicts do not depend on: of a scenario, of its checks and what they look at, and of its mistakes. */
const wording = ['title', 'why', 'shows', 'competencies', 'difficulty', 'minutes', 'hints', 'lint'];

/**
 * SHA-256 of what the verdicts of a scenario depend on: set-up, checks, solutions and mistakes. The wording of the task
 * or a hint is none of it.
 */
export function proofDigest(folder: string): string {
  const hash = createHash('sha256');
  const add = (name: string, content: string | Buffer) => hash.update(`${name}\0`).update(content).update('\0');
  const file = join(folder, 'scenario.yaml');
  const described = readDocument(file, readBounded(file, 'description')).value as Described;
  const checks = Object.values(described.checks ?? {}).map((check) =>
    Object.fromEntries(Object.entries(unworded(check)).map(([field, value]) => [field, withoutWords(value)])),
  );
  const mistakes = Object.entries(described.mistakes ?? {}).map(([name, mistake]) => [name, unworded(mistake)]);
  add('scenario.yaml', JSON.stringify({ ...unworded(described), checks, mistakes }));
  for (const part of ['setup', 'solutions', 'mistakes']) {
    const inside = join(folder, part);
    if (!existsSync(inside)) continue;
    for (const name of readdirSync(inside).sort()) add(`${part}/${name}`, readFileSync(join(inside, name)));
  }
  return hash.digest('hex');
}

interface Described {
  checks?: object[];
  mistakes?: Record<string, object>;
}

/** A check's own part says in `shows` what it looks for. */
function withoutWords(part: unknown): unknown {
  return typeof part === 'object' && part !== null && !Array.isArray(part) ? unworded(part) : part;
}

function unworded(described: object): object {
  return Object.fromEntries(Object.entries(described).filter(([field]) => !wording.includes(field)));
}
