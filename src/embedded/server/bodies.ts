import { setOwn } from '../../kernel/own.ts';
import type { PatchType } from '../api.ts';
import { JsonSyntaxError, maxDepth, parseJson, plainValue } from '../codec/go-json.ts';
import { parseYaml, YamlSyntaxError } from '../codec/yaml.ts';
import { badRequest } from '../registry/status.ts';

/**
 * The body of a patch as JSON values.
 * @throws 400, as each patch type words it
 */
export function decodePatch(type: PatchType, body: Uint8Array): unknown {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(body);
  if (type === 'apply') {
    const json = jsonWithoutYaml(text);
    if (json !== undefined) return json;
    try {
      return plainValue(parseYaml(text).value);
    } catch (error) {
      if (!(error instanceof YamlSyntaxError)) throw error;
      throw badRequest(`error decoding YAML: error converting YAML to JSON: ${error.message}`);
    }
  }
  const prefix = type === 'strategic' ? '' : 'error decoding patch: ';
  let value: unknown;
  try {
    value = plainValue(parseJson(text));
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    throw badRequest(`${prefix}${error.message}`);
  }
  const fits = type === 'json' ? Array.isArray(value) : kindOf(value) === 'object';
  if (value !== null && !fits) {
    const target = type === 'json' ? '[]handlers.jsonPatchOp' : 'map[string]interface {}';
    throw badRequest(`${prefix}json: cannot unmarshal ${kindOf(value)} into Go value of type ${target}`);
  }
  return value;
}

/**
 * What most clients send as YAML is JSON, which reads the same and faster: keys sorted, as maps come out of YAML.
 * Undefined where YAML has to have its own say.
 */
function jsonWithoutYaml(text: string): unknown {
  if (!text.startsWith('{') || text.includes('\t')) return undefined;
  try {
    return sorted(JSON.parse(text), 0);
  } catch {
    return undefined;
  }
}

function sorted(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > maxDepth) throw new JsonSyntaxError('exceeded max depth');
  if (Array.isArray(value)) return value.map((item) => sorted(item, depth + 1));
  const object: Record<string, unknown> = {};
  for (const key of Object.keys(value).sort()) {
    setOwn(object, key, sorted((value as Record<string, unknown>)[key], depth + 1));
  }
  return object;
}

/** What Go calls the kind of a JSON value. */
function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}
