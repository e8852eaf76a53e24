import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Catalog } from '../../src/scenario/catalog.ts';
import { loadPack, loadScenario, scenarioIds } from '../../src/scenario/load.ts';
import { temporaryFolder } from '../helpers/temporary.ts';

const builtIn = join(import.meta.dirname, '..', '..', 'scenarios');
const flagship = 'in-cluster-api-access/forbidden-deployment';

/** A copy of the flagship's pack, its scenario.yaml edited. */
function edited(edit: (text: string) => string): { load(seed?: number): unknown; file: string; folder: string } {
  const folder = join(temporaryFolder(), 'pack');
  cpSync(join(builtIn, 'in-cluster-api-access'), folder, { recursive: true });
  const file = join(folder, 'forbidden-deployment', 'scenario.yaml');
  writeFileSync(file, edit(readFileSync(file, 'utf8')));
  return { load: (seed) => loadScenario(loadPack(folder, false), 'forbidden-deployment', seed), file, folder };
}

/** Line of the file (from 1) that holds the text. */
function lineOf(file: string, text: string): number {
  return (
    readFileSync(file, 'utf8')
      .split('\n')
      .findIndex((line) => line.includes(text)) + 1
  );
}

describe('the built-in scenarios', () => {
  it.each(new Catalog(builtIn).scenarios().map((s) => s.id))('%s is complete', (id) => {
    const scenario = new Catalog(builtIn).scenario(id);
    expect(scenario.checks.reduce((sum, c) => sum + c.weight, 0)).toBe(100);
    expect(scenario.solutions.map((s) => s.name)).toContain('reference');
    expect(scenario.hints.length).toBeGreaterThan(0);
    expect(`${scenario.task}${scenario.debrief}${JSON.stringify(scenario.checks)}`).not.toContain('@{');
  });

  it('gives the familiar names by default and others by another seed', () => {
    const catalog = new Catalog(builtIn);
    expect(catalog.scenario(flagship).namespaces).toEqual(['project-swan']);
    const others = new Set([1, 2, 3, 4, 5, 6, 7, 8].map((seed) => catalog.scenario(flagship, { seed }).namespaces[0]));
    expect(others).toEqual(new Set(['project-swan', 'project-tiger', 'project-hamster', 'project-heron']));
    expect(catalog.scenario(flagship, { seed: 3 })).toEqual(catalog.scenario(flagship, { seed: 3 }));
  });
});

describe('a broken scenario.yaml', () => {
  it('is told with line, column and the nearest known name for an unknown field', () => {
    const { load, file } = edited((text) => text.replace('difficulty: easy', 'dificulty: easy'));
    const line = lineOf(file, 'dificulty');
    expect(load).toThrow(`${file}:${line}:1: unknown field "dificulty"; did you mean difficulty?`);
    expect(load).toThrow('difficulty is missing');
  });

  it('names the place inside a check', () => {
    const { load, file } = edited((text) => text.replace('weight: 25', 'weigth: 25'));
    expect(load).toThrow(`${file}:${lineOf(file, 'weigth: 25')}:5: unknown field "weigth"; did you mean weight?`);
  });

  it('says what a value must be', () => {
    const { load, file } = edited((text) => text.replace('minutes: 8', 'minutes: soon'));
    expect(load).toThrow(`${file}:${lineOf(file, 'minutes: soon')}:10: expected number`);
    const other = edited((text) => text.replace('difficulty: easy', 'difficulty: trivial'));
    expect(other.load).toThrow('expected "easy" or "medium" or "hard"');
  });

  it('refuses weights that do not add up to 100', () => {
    expect(edited((text) => text.replace('weight: 30', 'weight: 31')).load).toThrow(
      'the weights add up to 101, expected 100',
    );
  });

  it('refuses two types in one check, and none', () => {
    const two = edited((text) =>
      text.replace('    canI:', '    rollout: { workload: deployment/x, namespace: y }\n    canI:'),
    );
    expect(two.load).toThrow('expected one check type, found canI and rollout');
  });

  it('refuses mistakes that name unknown checks', () => {
    const { load } = edited((text) => text.replace('fails: [nothing-more]', 'fails: [nothing-mor]'));
    expect(load).toThrow('there is no check nothing-mor; expected one of may-list,');
  });

  it('refuses a regular expression that is none', () => {
    expect(edited((text) => text.replace('"Error from server|^error:|was refused"', '"("')).load).toThrow(
      'not a regular expression',
    );
  });

  it('is told with its place where it is no YAML', () => {
    const { load, file } = edited((text) => `${text}\n  - [broken\n`);
    expect(load).toThrow(new RegExp(`${file.replaceAll('.', '\\.')}:\\d+:\\d+: `));
  });

  it('leaves what is no declared variable alone', () => {
    const { load } = edited((text) =>
      text.replace('title: A Deployment that may not list Pods', 'title: "@{nope} in @{namespace}"'),
    );
    expect(load()).toMatchObject({ title: '@{nope} in project-swan' });
  });
});

it('has the scenarios in the order of the pack, the others by name', () => {
  const folder = temporaryFolder();
  const described = (...names: string[]) => {
    for (const name of names) {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, 'scenario.yaml'), '');
    }
  };
  described('a', 'b', 'c', 'd');
  const head = 'apiVersion: kubedrill.dev/v1\nkind: Pack\ntitle: Letters\nversion: 1.0.0\n';
  writeFileSync(join(folder, 'pack.yaml'), `${head}order: [c, b, z]\n`);
  expect(scenarioIds(loadPack(folder, false))).toEqual(['c', 'b', 'a', 'd']);
});

it('misses a task by name', () => {
  const { load, folder } = edited((text) => text);
  const task = join(folder, 'forbidden-deployment', 'task.md');
  rmSync(task);
  expect(load).toThrow(`${task} is missing`);
});

it('suggests the nearest scenario for an unknown name', () => {
  const catalog = new Catalog(builtIn);
  expect(() => catalog.scenario('forbiden-deployment')).toThrow('did you mean forbidden-deployment?');
  expect(() => catalog.scenario('zzz')).toThrow('there is no scenario zzz');
});
