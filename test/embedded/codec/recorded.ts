import { existsSync, readFileSync } from 'node:fs';
import { factsOf, groupOrder } from '../../../src/embedded/codec/facts.ts';
import type { ResourceDefinition } from '../../../src/embedded/definition.ts';
import { resourceFacts } from '../../../src/embedded/generated/facts.gen.ts';
import type { KubeObject } from '../../../src/kube/meta.ts';

const fixtures = new URL('../../../fixtures/kubernetes/', import.meta.url);

/** A recorded JSON file, undefined where there is none. */
export function recording<T>(path: string): T | undefined {
  const file = new URL(path, fixtures);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as T) : undefined;
}

/** Every resource of the recorded server as a definition without behaviour. */
export function recordedDefinitions(): ResourceDefinition[] {
  return groupOrder().flatMap(([group, versions]) =>
    versions.flatMap((version) => {
      const text = resourceFacts[group === '' ? version : `${group}/${version}`] ?? '{}';
      return Object.keys(JSON.parse(text) as object).map((resource): ResourceDefinition => {
        const facts = factsOf(group, version, resource);
        return {
          ...facts,
          group,
          version,
          resource,
          columns: facts.columns ?? [],
          strategy: {},
          cells: (object: KubeObject) => [object.metadata?.name],
        };
      });
    }),
  );
}
