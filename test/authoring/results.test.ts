import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { newScenario } from '../../src/authoring/new.ts';
import type { Proof } from '../../src/authoring/proof.ts';
import { recordResults } from '../../src/authoring/results.ts';
import type { ScenarioReport } from '../../src/authoring/verify.ts';
import { loadPack } from '../../src/scenario/load.ts';
import { proofDigest, readResults, standingOf } from '../../src/scenario/results.ts';
import { temporaryFolder } from '../helpers/temporary.ts';

const proof: Proof = { ok: true, seed: 0, score: 0, max: 100, milliseconds: 1, verdicts: {}, problems: [] };
const found = (more: Partial<ScenarioReport> = {}): ScenarioReport => ({
  id: 'first',
  pack: 'mine',
  ok: true,
  untouched: proof,
  solutions: [
    { name: 'reference', ...proof },
    { name: 'other', ...proof },
  ],
  mistakes: [{ name: 'wrong', fails: ['settings'], ...proof }],
  ...more,
});

let folder: string;
let file: string;
beforeEach(() => {
  folder = join(temporaryFolder(), 'mine');
  file = join(folder, '..', 'results.json');
  newScenario({ folder, id: 'first', title: 'First', competency: 'ckad/configmaps', namespace: 'mine' });
});

function add(report: ScenarioReport, provider = 'embedded') {
  recordResults(file, [loadPack(folder, false)], { [provider]: { ok: report.ok, scenarios: [report] } });
  const result = readResults(file).scenarios['mine/first']?.[provider];
  if (!result) throw new Error('nothing was recorded');
  return result;
}
const digest = () => proofDigest(join(folder, 'first'));
const edit = (name: string, from: string, to: string) => {
  const path = join(folder, 'first', name);
  const text = readFileSync(path, 'utf8');
  expect(text).toContain(from);
  writeFileSync(path, text.replace(from, to));
};

describe('results of pack verify', () => {
  it('say what was proved of what', () => {
    const result = add(found());
    expect(result).toEqual({
      version: '0.1.0',
      digest: digest(),
      solutions: 2,
      mistakes: 1,
      seeds: '0',
      failed: '',
    });
    expect(standingOf(result, digest())).toBe('verified');
    expect(standingOf(undefined, digest())).toBe('untried');
  });

  it('come together from several runs and clusters', () => {
    add(found({ seeds: [1, 2, 3] }));
    add(found({ mutants: [{ name: 'm', equivalent: false, ...proof }] }));
    add(found(), 'kind');
    expect(add(found({ seeds: [7] }))).toMatchObject({ mutants: 1, seeds: '0-3,7' });
    expect(Object.keys(readResults(file).scenarios['mine/first'] ?? {})).toEqual(['embedded', 'kind']);
  });

  it('tell what fails until it holds', () => {
    add(found({ seeds: [1, 2] }));
    const failing = add(found({ ok: false, seeds: [2, 3] }));
    expect(failing).toMatchObject({ seeds: '1', failed: '2-3' });
    expect(standingOf(failing, digest())).toBe('failed');
    expect(add(found({ seeds: [2, 3] }))).toMatchObject({ seeds: '1-3', failed: '' });
  });

  it('count no longer when set-up, checks, solutions or mistakes change, and begin anew', () => {
    const before = add(found({ seeds: [1, 2] }));
    edit('setup/20-limits.yaml', '64Mi', '65Mi');
    expect(standingOf(before, digest())).toBe('changed');
    expect(add(found())).toMatchObject({ seeds: '0' });
    for (const [name, from, to] of [
      ['scenario.yaml', 'data.mode: fast', 'data.mode: slow'],
      ['solutions/with-more.yaml', 'blue', 'red'],
      ['mistakes/wrong-value.yaml', 'slow', 'slower'],
    ] as const) {
      const was = digest();
      edit(name, from, to);
      expect(digest(), name).not.toBe(was);
    }
  });

  it('go on counting when only words change', () => {
    const result = add(found());
    edit('task.md', 'Make', 'Create');
    edit('debrief.md', 'Why', 'Why so');
    edit('scenario.yaml', 'title: First', 'title: "The first"');
    edit('scenario.yaml', 'title: The value is another one', 'title: Slow');
    edit('scenario.yaml', 'title: The ConfigMap settings says', 'why: nothing says so\n    title: It says');
    edit('scenario.yaml', 'difficulty: easy', 'difficulty: easy\nlint:\n  unchecked: [other]');
    edit('scenario.yaml', 'A ConfigMap holds', 'Each ConfigMap holds');
    expect(standingOf(result, digest())).toBe('verified');
  });

  it('are told from other files', () => {
    writeFileSync(file, '{"kind":"List"}');
    expect(() => readResults(file)).toThrow(/holds no results of pack verify/);
  });
});
