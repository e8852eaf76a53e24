import { cpSync, readFileSync, writeFileSync } from 'node:fs';
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
  told?: string;
}

const samples = join(import.meta.dirname, '..', '..', 'fixtures', 'packs', 'samples');
const damages = parse(readFileSync(join(import.meta.dirname, 'damaged-samples.yaml'), 'utf8')) as Damage[];
const catalogue = new Catalogue();
const knowsImage = (reference: string) => catalogue.find(reference) !== undefined;

it('the samples are in order', () => {
  expect(lintPack(samples, { knowsImage })).toEqual([]);
});

describe('damage to a sample is told on its line, word by word', () => {
  it.each(damages)('$edit: $message', ({ edit, from, to, message, told = edit, line = to.split('\n')[0] ?? '' }) => {
    const folder = join(temporaryFolder(), 'pack');
    const scenario = dirname(edit).split('/')[0] ?? '';
    cpSync(join(samples, scenario), join(folder, scenario), { recursive: true });
    cpSync(join(samples, 'pack.yaml'), join(folder, 'pack.yaml'));
    const file = join(folder, edit);
    const before = readFileSync(file, 'utf8');
    const after = before.replace(from, () => to);
    expect(after, 'the damage does nothing').not.toBe(before);
    writeFileSync(file, after);
    const place =
      readFileSync(join(folder, told), 'utf8')
        .split('\n')
        .findIndex((text) => text.includes(line)) + 1;
    const found = lintPack(folder, { knowsImage }).map((f) => `${f.file}:${f.line}: ${f.message}`);
    expect(found).toContain(`${told}:${place}: ${message}`);
  });

  it('is a hundred ways of damage and more', () => {
    expect(damages.length).toBeGreaterThan(100);
  });
});
