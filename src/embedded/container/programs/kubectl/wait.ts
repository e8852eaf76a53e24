import { relaxedPath } from '../../../../kube/json-path/json-path.ts';
import { JsonPathError } from '../../../../kube/json-path/nodes.ts';
import type { Obj, RestClient } from '../../api-client/client.ts';
import { type FlagSet, type Flags, KubectlError } from '../../api-client/flags.ts';
import { select } from './change.ts';
import { kindName, pathOf } from './discovery.ts';
import { asObject } from './errors.ts';
import { follow, timeoutOf } from './following.ts';
import { manifestFlags } from './manifests.ts';
import { orKubectlError } from './printers.ts';

export const waitFlags: FlagSet = {
  ...manifestFlags,
  for: { kind: 'string' },
  timeout: { kind: 'string' },
  all: { kind: 'bool' },
  'all-namespaces': { kind: 'bool', short: 'A' },
  'field-selector': { kind: 'string' },
};

type Condition = (object: Obj | undefined) => boolean;

/** What `--for` says. Throws KubectlError. */
function conditionOf(text: string): Condition {
  const lower = text.toLowerCase();
  if (lower === 'delete') return (object) => object === undefined;
  if (lower === 'create') return (object) => object !== undefined;
  const [, kind = '', rest = ''] = /^([a-z]+)=([\s\S]*)$/i.exec(text) ?? [];
  if (kind.toLowerCase() === 'condition') {
    const [type = '', wanted = 'true'] = rest.split('=');
    return (object) => {
      const conditions = (asObject(object?.status).conditions as Obj[] | undefined) ?? [];
      const found = conditions.find((c) => String(c.type).toLowerCase() === type.toLowerCase());
      const generation = asObject(object?.metadata).generation;
      // A condition of an older generation says nothing about this one.
      if (found?.observedGeneration !== undefined && Number(found.observedGeneration) < Number(generation))
        return false;
      return String(found?.status).toLowerCase() === wanted.toLowerCase();
    };
  }
  if (kind.toLowerCase() === 'jsonpath') {
    const [, expression = '', value] = /^(\{.*?\}|[^=]+)(?:=([\s\S]*))?$/.exec(rest.replace(/^'|'$/g, '')) ?? [];
    const path = orKubectlError(() => relaxedPath(expression));
    return (object) => {
      if (!object) return false;
      let found: string;
      try {
        found = path.format(object);
      } catch (error) {
        if (error instanceof JsonPathError) return false;
        throw error;
      }
      return value === undefined ? found !== '' : found === value.replace(/^["']|["']$/g, '');
    };
  }
  throw new KubectlError(`unrecognized condition: "${text}"`);
}

export async function wait(client: RestClient, flags: Flags): Promise<number> {
  const { p } = client;
  const text = flags.get('for');
  if (!text) throw new KubectlError('--for is required');
  const condition = conditionOf(text);
  const waitsForEnd = text.toLowerCase() === 'delete';
  const list = await select(client, flags, flags.args);
  if (list.length === 0) {
    if (waitsForEnd) return 0;
    throw new KubectlError('no matching resources found');
  }
  const timeoutMs = timeoutOf(
    flags.get('timeout'),
    flags.get('timeout')?.startsWith('-') ? undefined : flags.duration('timeout'),
    30_000,
  );
  let status = 0;
  for (const one of list) {
    // What is named must be there, unless it is waited for that it comes or goes.
    if (!waitsForEnd && text.toLowerCase() !== 'create') await mustExist(client, one);
    const what = `${kindName(one.resource)}/${one.name}`;
    let last: Obj | undefined;
    const met = await follow(
      client,
      one,
      (object) => {
        if (last && !object && !waitsForEnd)
          throw new KubectlError(`${one.resource.resource} "${one.name}" was deleted while it was waited for`);
        last = object;
        return condition(object);
      },
      timeoutMs,
    );
    if (met) await p.print(1, `${what} condition met\n`);
    else {
      status = 1;
      await p.print(2, `error: timed out waiting for the condition on ${one.resource.resource}/${one.name}\n`);
    }
  }
  return status;
}

async function mustExist(
  client: RestClient,
  { resource, namespace, name }: Awaited<ReturnType<typeof select>>[number],
): Promise<void> {
  await client.json(pathOf(resource, namespace, name));
}
