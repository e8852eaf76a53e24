import { setTimeout as sleep } from 'node:timers/promises';
import { People } from './client.ts';
import { startTarget, type Target } from './cluster.ts';
import { type Exchange, sendOnce, tokenAccount } from './exchange.ts';
import type { Bindings } from './placeholders.ts';
import { readRecording } from './recordings.ts';

export interface Miss {
  line: number;
  name: string;
  differences: string[];
}

export interface TopicReport {
  of: number;
  agree: number;
  differ: Miss[];
}

/** How long an answer may take to become the recorded one, where the recorder waited too. */
const patience = 3000;

/** Replays the exchanges of a topic against a cluster of its own. `rename`: every `t-` becomes `WORD-`. */
export async function replayExchanges(topic: string, rename: string | undefined): Promise<TopicReport> {
  let text = readRecording(`exchanges/${topic}.jsonl`);
  let jwtAccount = tokenAccount;
  if (rename) {
    text = text.replace(/(?<![A-Za-z0-9_.-])t-(?=[a-z])/g, `${rename}-`);
    jwtAccount = jwtAccount.replace('t-', `${rename}-`);
  }
  const [head, ...rows] = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
  const target = await startTarget();
  const people = new People(target.url, target.ca, target.people);
  try {
    const { namespace } = (head as { precondition: { namespace: string } }).precondition;
    if (topic === 'expired') await prepareExpired(namespace, people, target);
    return await replayRows(rows as Exchange[], people, jwtAccount);
  } finally {
    people.close();
    await target.close();
  }
}

async function replayRows(rows: readonly Exchange[], people: People, jwtAccount: string): Promise<TopicReport> {
  let bindings: Bindings = new Map();
  const differ: Miss[] = [];
  for (const [i, row] of rows.entries()) {
    const end = Date.now() + (row.retryUntilEqual ? patience : 0);
    let outcome = await attempt(row, bindings, people, jwtAccount);
    while (outcome.differences.length > 0 && Date.now() < end) {
      await sleep(100);
      outcome = await attempt(row, bindings, people, jwtAccount);
    }
    bindings = outcome.bindings;
    if (outcome.differences.length > 0) differ.push({ line: i + 2, name: row.name, differences: outcome.differences });
  }
  return { of: rows.length, agree: rows.length - differ.length, differ };
}

async function attempt(row: Exchange, bindings: Bindings, people: People, jwtAccount: string) {
  try {
    return await sendOnce(row, bindings, people, jwtAccount);
  } catch (error) {
    return { differences: [`no answer: ${(error as Error).message}`], bindings };
  }
}

/** What the precondition of expired.jsonl asks for: the objects exist, and their history is compacted. */
async function prepareExpired(namespace: string, people: People, target: Target): Promise<void> {
  const post = (path: string, body: unknown) =>
    people.call({
      as: 'admin',
      method: 'POST',
      path,
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
  await post('/api/v1/namespaces', { metadata: { name: namespace } });
  for (const name of ['c0', 'c1', 'c2', 'c3']) {
    await post(`/api/v1/namespaces/${namespace}/configmaps`, { metadata: { name }, data: { k: 'v' } });
  }
  target.compact();
}
