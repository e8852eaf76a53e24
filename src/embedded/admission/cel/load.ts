/** CEL is loaded when it is first needed: most clusters never do, and it takes longer than much else of a start. */
import type * as Engine from './engine.ts';

let engine: typeof Engine | undefined;

export async function loadCel(): Promise<void> {
  engine ??= await import('./engine.ts');
}

/** The engine. Throws if `loadCel` has not finished: writing what holds expressions waits for it. */
export function cel(): typeof Engine {
  if (!engine) throw new Error('CEL has not been loaded');
  return engine;
}
