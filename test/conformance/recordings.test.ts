import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { packRecordings, readRecording, recordedTopics } from '../../scripts/conformance/recordings.ts';
import { temporaryFolder } from '../helpers/temporary.ts';

it('has the recordings of each part', () => {
  expect(recordedTopics('exchanges')).toContain('crd');
  expect(recordedTopics('transcripts')).toContain('workloads-sts-ds');
  for (const topic of recordedTopics('exchanges')) expect(readRecording(`exchanges/${topic}.jsonl`)).toMatch(/^\{/);
});

it('puts new ones in the place of the old ones, and says which', () => {
  const [from, to] = [temporaryFolder(), temporaryFolder()];
  for (const part of ['exchanges', 'transcripts']) mkdirSync(join(from, part));
  writeFileSync(join(from, 'exchanges', 'crd.jsonl'), '{}\n');
  expect(() => packRecordings(from, to)).toThrow('there are no transcripts');
  writeFileSync(join(from, 'transcripts', 'pods.yaml'), 'steps: []\n');
  writeFileSync(join(from, 'controllers.jsonl'), '{"scenario":"a"}\n');
  const all = ['controllers.jsonl', 'exchanges/crd.jsonl', 'transcripts/pods.yaml'];
  expect(packRecordings(from, to)).toEqual(all);
  expect(packRecordings(from, to)).toEqual([]);
  writeFileSync(join(from, 'exchanges', 'pods.jsonl'), '{}\n');
  rmSync(join(from, 'exchanges', 'crd.jsonl'));
  writeFileSync(join(from, 'controllers.jsonl'), '{"scenario":"b"}\n');
  expect(packRecordings(from, to)).toEqual(['controllers.jsonl', 'exchanges/crd.jsonl', 'exchanges/pods.jsonl']);
  expect(readRecording('controllers.jsonl', to)).toBe('{"scenario":"b"}\n');
});
