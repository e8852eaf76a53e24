/** The JSONPaths of printer columns and selectable fields. */
import { JsonPath } from '../../kube/json-path/json-path.ts';
import { JsonPathError } from '../../kube/json-path/nodes.ts';

/** What a path such as `.spec.size` finds first. Undefined: nothing, or the path is none, or does not fit the object. */
export function firstAt(jsonPath: string): (object: unknown) => unknown {
  const path = orUndefined(() => new JsonPath(`{${jsonPath}}`));
  return (object) => orUndefined(() => path?.results(object)[0]?.[0]);
}

function orUndefined<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof JsonPathError) return undefined;
    throw error;
  }
}
