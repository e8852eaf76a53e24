import type { Catalog } from '../scenario/catalog.ts';
import type { Scenario } from '../scenario/types.ts';
import type { ScenarioRef } from './events.ts';

/** The scenario that an attempt or a task of an exam is of. A UserError if it is no longer there. */
export function scenarioAt(catalog: Catalog, { id, seed, folder, pack }: ScenarioRef): Scenario {
  return catalog.scenario(folder ? id : `${pack}/${id}`, { seed, ...(folder ? { packFolder: folder } : {}) });
}

/** How a scenario is found again. */
export function scenarioRef({ pack, id }: Pick<Scenario, 'pack' | 'id'>, seed: number): ScenarioRef {
  return { pack: pack.id, ...(pack.builtIn ? {} : { folder: pack.folder }), id, seed };
}
