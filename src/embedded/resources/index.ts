import type { ResourceDefinition } from '../definition.ts';

/** Every built-in kind, in discovery order of its group. Adding a kind is adding its file and one line here. */
export const builtinResources: readonly ResourceDefinition[] = [];
