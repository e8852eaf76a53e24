import { readdirSync } from 'node:fs';
import type { ResourceDefinition } from '../../src/embedded/definition.ts';

const folder = new URL('../../src/embedded/resources/', import.meta.url);
export const all: ResourceDefinition[] = [];
for (const f of readdirSync(folder)) {
  if (!f.endsWith('.ts')) continue;
  try {
    const m = (await import(new URL(f, folder).href)) as Record<string, ResourceDefinition>;
    for (const [k, v] of Object.entries(m)) if (k.endsWith('Resource') && typeof v === 'object') all.push(v);
  } catch (e) {
    console.error(f, String(e).slice(0, 150));
  }
}
