import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { lintPack } from '../../src/authoring/lint.ts';
import { Catalogue } from '../../src/embedded/container/images/catalogue.ts';
import { temporaryFolder } from '../helpers/temporary.ts';

interface Damage {
  edit: string;
  from: string;
  to: string;
  message: string;
  line?: string;
  reported?: string;
}

const samples = join(import.meta.dirname, '..', '..', 'fixtures', 'packs', 'samples');
const damages = parse(readFileSync(join(import.meta.dirname, 'damaged-samples.yaml'), 'utf8')) as Damage[];
const catalogue = new Catalogue();
const knowsImage = (reference: string) => catalogue.find(reference) !== undefined;

/** A pack of one sample. */
function packOf(scenario: string): string {
  const folder = join(temporaryFolder(), 'pack');
  cpSync(join(samples, scenario), join(folder, scenario), { recursive: true });
  cpSync(join(samples, 'pack.yaml'), join(folder, 'pack.yaml'));
  return folder;
}

function reportedFor(folder: string): string[] {
  return lintPack(folder, { knowsImage }).map((f) => `${f.file}:${f.line}: ${f.message}`);
}

it('the samples are in order', () => {
  expect(lintPack(samples, { knowsImage })).toEqual([]);
});

describe('damage to a sample is told on its line, word by word', () => {
  it.each(damages)(
    '$edit: $message',
    ({ edit, from, to, message, reported = edit, line = to.split('\n')[0] ?? '' }) => {
      const folder = packOf(dirname(edit).split('/')[0] ?? '');
      const file = join(folder, edit);
      const before = readFileSync(file, 'utf8');
      const after = before.replace(from, () => to);
      expect(after, 'the damage does nothing').not.toBe(before);
      writeFileSync(file, after);
      const place =
        readFileSync(join(folder, reported), 'utf8')
          .split('\n')
          .findIndex((text) => text.includes(line)) + 1;
      const found = reportedFor(folder);
      expect(found).toContain(`${reported}:${place}: ${message}`);
    },
  );

  it('is a hundred ways of damage and more', () => {
    expect(damages.length).toBeGreaterThan(100);
  });
});

describe('files that are empty, missing or too many', () => {
  it.each([
    ['task.md', '', 'broken-image/task.md:1: task.md is empty'],
    ['debrief.md', ' \n', 'broken-image/debrief.md:1: debrief.md is empty'],
    [
      'solutions/patched.sh',
      undefined,
      'broken-image/scenario.yaml:1: there is one solution only: nothing shows that another right way passes',
    ],
    [
      'solutions/reference.sh',
      undefined,
      'broken-image/scenario.yaml:1: there is no solution "reference" in broken-image/solutions',
    ],
    ['debrief.md', undefined, 'broken-image/debrief.md:1: broken-image/debrief.md is missing: every scenario has one'],
    [
      'mistakes/another-typo.sh',
      undefined,
      'broken-image/scenario.yaml:1: broken-image/scenario.yaml names the mistake another-typo, which has no file in broken-image/mistakes',
    ],
    ['../pack.yaml', undefined, 'pack.yaml:1: PACK is no pack: it has no pack.yaml'],
    ['../pack.yaml', 'kind: Pack', 'pack.yaml:1: title is missing: expected string'],
    ['scenario.yaml', undefined, 'pack.yaml:1: the pack has no scenario'],
    ['scenario.yaml', '- a list', 'broken-image/scenario.yaml:1: expected object'],
    ['scenario.yaml', 'title: "open', 'broken-image/scenario.yaml:1: Missing closing "quote'],
  ])('%s: %j', (name, text, wanted) => {
    const folder = packOf('broken-image');
    const file = join(folder, 'broken-image', name);
    if (text === undefined) rmSync(file);
    else writeFileSync(file, text);
    expect(reportedFor(folder).map((line) => line.replaceAll(folder, 'PACK'))).toContain(wanted);
  });

  it('a mistake without an entry is told by its file', () => {
    const folder = packOf('broken-image');
    const file = join(folder, 'broken-image', 'mistakes', 'new.sh');
    writeFileSync(file, 'true');
    expect(reportedFor(folder)).toContain(
      `broken-image/scenario.yaml:1: mistakes: expected an entry "new" for ${file} with title and fails`,
    );
  });
});
