import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { provedCoverage } from '../../src/authoring/coverage.ts';
import { coverageMarkdown } from '../../src/present/coverage-markdown.ts';
import { Catalog } from '../../src/scenario/catalog.ts';
import { entryOf } from '../../src/scenario/overview.ts';

const root = join(import.meta.dirname, '..', '..');
const catalog = new Catalog(join(root, 'scenarios'));
const entries = catalog.scenarios().map(entryOf);

describe('coverage', () => {
  it('stands in the docs as the command makes it', () => {
    const { competencies, scenarios } = provedCoverage(catalog, entries);
    const page = readFileSync(join(root, 'docs', 'coverage.md'), 'utf8');
    expect(coverageMarkdown(competencies, scenarios), 'scenarios or results have changed: npm run docs').toBe(page);
  });

  it('is not verified without results', () => {
    const without = { packFolder: (id: string) => catalog.packFolder(id), resultsFile: join(root, 'none.json') };
    const { competencies, scenarios } = provedCoverage(without, entries);
    const rbac = competencies.find((c) => c.id === 'cka/rbac');
    expect(rbac?.verified).toEqual({ embedded: [], kind: [] });
    expect(scenarios.every((s) => s.on.embedded.standing === 'untried')).toBe(true);
    expect(coverageMarkdown(competencies, scenarios)).toContain(`| 0 of ${rbac?.scenarios.length} | 0 of`);
  });
});
