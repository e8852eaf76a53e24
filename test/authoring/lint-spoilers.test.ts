import { join } from 'node:path';
import { expect, it } from 'vitest';
import { shownTexts, spoilerFinder } from '../../src/authoring/lint-spoilers.ts';
import { Catalog } from '../../src/scenario/catalog.ts';
import type { Scenario } from '../../src/scenario/types.ts';

const scenarios = new Catalog(join(import.meta.dirname, '..', '..', 'scenarios')).scenarios();
const sample = {
  task: 'The Deployment `web` cannot start. Let it run.',
  setup: [{ text: 'kind: Deployment\nimage: nginx' }],
  mistakes: [{ text: 'kubectl set image deployment/web web=httpd' }],
  solutions: [{ text: 'kubectl create secret docker-registry team-registry' }],
} as unknown as Scenario;

const spoilersIn = spoilerFinder(sample);

it('names words that only solutions bring, and words that judge', () => {
  expect(spoilersIn('The Pods have a Secret of the registry')).toEqual(['secret', 'registry']);
  expect(spoilersIn('The wrong image')).toEqual(['wrong']);
  expect(spoilersIn('The Deployment web runs')).toEqual([]);
});

it.each(scenarios.map((scenario) => [scenario.id, scenario] as const))(
  'finds none in what is shown of %s before anything is asked for',
  (_, scenario) => {
    expect(shownTexts(scenario).flatMap(({ text }) => spoilerFinder(scenario)(text))).toEqual([]);
  },
);
