/** etcdctl's commands about members: endpoint, member list, alarm, defrag, snapshot save. */

import { splitHash } from '../../../etcd/database.ts';
import {
  type HashKVResponse,
  type MemberListResponse,
  methods,
  type RangeResponse,
  type SnapshotResponse,
  type StatusResponse,
} from '../../../etcd/messages.ts';
import { isSysError } from '../../kernel/errno.ts';
import type { Process } from '../../kernel/process.ts';
import { type Client, microTime, openClient } from './client.ts';
import { badArgs, CommandError, exitCodes, type Flags } from './flags.ts';
import {
  type EndpointHash,
  type EndpointHealth,
  type EndpointStatus,
  type Format,
  formatOf,
  hashText,
  healthText,
  memberText,
  statusText,
} from './print.ts';
import { goDuration, humanBytes } from './text.ts';

/** Those of the flags, or with --cluster those that the members tell. */
async function endpointsOf(client: Client, flags: Flags): Promise<readonly string[]> {
  if (!flags.is('cluster')) return client.endpoints;
  const { members } = await client.unary<MemberListResponse>(methods.memberList, {});
  return members.flatMap(({ clientURLs }) => clientURLs);
}

/** Done for one endpoint after the other; what fails is told and makes the exit code. */
async function eachEndpoint<T>(
  p: Process,
  endpoints: readonly string[],
  what: (endpoint: string) => Promise<T>,
  failed: (endpoint: string, why: string) => string,
): Promise<{ all: T[]; good: boolean }> {
  const all: T[] = [];
  let good = true;
  for (const endpoint of endpoints) {
    try {
      all.push(await what(endpoint));
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      good = false;
      await p.print(2, failed(endpoint, error.message));
    }
  }
  return { all, good };
}

/** Asks every endpoint for its `what`, and prints what they said in the format of the flags. Returns the exit code. */
async function printEach<T>(
  p: Process,
  flags: Flags,
  what: string,
  ask: (client: Client, endpoint: string) => Promise<T>,
  text: (all: readonly T[], format: Format, hex: boolean) => string,
): Promise<number> {
  const format = formatOf(flags);
  const client = openClient(p, flags);
  const { all, good } = await eachEndpoint(
    p,
    await endpointsOf(client, flags),
    (endpoint) => ask(client, endpoint),
    (endpoint, why) => `Failed to get the ${what} of endpoint ${endpoint} (${why})\n`,
  );
  if (good || all.length > 0) await p.print(1, text(all, format, flags.is('hex')));
  return good ? 0 : exitCodes.error;
}

export function endpointStatus(p: Process, flags: Flags): Promise<number> {
  const ask = async (client: Client, endpoint: string): Promise<EndpointStatus> => ({
    endpoint,
    status: await client.unary<StatusResponse>(methods.status, {}, { endpoint }),
  });
  return printEach(p, flags, 'status', ask, statusText);
}

export function endpointHash(p: Process, flags: Flags): Promise<number> {
  const request = { revision: flags.number('rev') };
  const ask = async (client: Client, endpoint: string): Promise<EndpointHash> => ({
    endpoint,
    hash: await client.unary<HashKVResponse>(methods.hashKv, request, { endpoint }),
  });
  return printEach(p, flags, 'hash', ask, hashText);
}

export async function endpointHealth(p: Process, flags: Flags): Promise<void> {
  const format = formatOf(flags);
  const client = openClient(p, flags);
  const all: EndpointHealth[] = [];
  // A linearizable read of any key shows that there is a leader.
  const request = { key: new TextEncoder().encode('health'), range_end: new Uint8Array() };
  for (const endpoint of await endpointsOf(client, flags)) {
    const begin = performance.now();
    const error = await client.unary<RangeResponse>(methods.range, request, { endpoint, logger: 'client' }).then(
      () => '',
      (failure: unknown) => {
        if (failure instanceof CommandError) return failure.message;
        throw failure;
      },
    );
    all.push({ endpoint, health: error === '', took: goDuration(performance.now() - begin), error });
  }
  const { out, err } = healthText(all, format);
  await p.print(1, out);
  await p.print(2, err);
  if (all.some(({ health }) => !health)) throw new CommandError('unhealthy cluster');
}

export async function memberList(p: Process, flags: Flags): Promise<void> {
  const format = formatOf(flags);
  const members = await openClient(p, flags).unary<MemberListResponse>(methods.memberList, { linearizable: true });
  await p.print(1, memberText(members, format, flags.is('hex')));
}

/** There never are any: the disk of a node does not fill. */
export async function alarm(p: Process, flags: Flags): Promise<void> {
  await openClient(p, flags).unary(methods.alarm, { action: flags.args.length });
}

export async function defrag(p: Process, flags: Flags): Promise<number> {
  const client = openClient(p, flags);
  const { good } = await eachEndpoint(
    p,
    await endpointsOf(client, flags),
    async (endpoint) => {
      const begin = performance.now();
      await client.unary(methods.defragment, {}, { endpoint });
      const took = goDuration(performance.now() - begin);
      await p.print(1, `Finished defragmenting etcd member[${endpoint}]. took ${took}\n`);
    },
    (endpoint, why) => `Failed to defragment etcd member[${endpoint}] (${why})\n`,
  );
  return good ? 0 : exitCodes.error;
}

export async function snapshotSave(p: Process, flags: Flags): Promise<void> {
  const [path] = flags.args;
  if (path === undefined || flags.args.length > 1) throw badArgs('snapshot save expects one argument <filename>');
  const client = openClient(p, flags);
  const { endpoints } = client;
  if (endpoints.length > 1) {
    const list = endpoints.join(' ');
    throw new CommandError(
      `snapshot must be requested to one selected node, not multiple [${list}]`,
      exitCodes.interrupted,
    );
  }
  const say = (caller: string, msg: string, values: object = {}, logger?: string) => {
    const head = { level: 'info', ts: microTime(p), ...(logger !== undefined && { logger }), caller, msg };
    return p.print(2, `${JSON.stringify({ ...head, ...values })}\n`);
  };
  const begin = performance.now();
  const partial = `${path}.part`;
  try {
    p.vfs.writeFile(p, partial, '', 0o600);
  } catch (error) {
    if (!isSysError(error)) throw error;
    const why = error.message.toLowerCase();
    throw new CommandError(`could not open ${partial} (open ${partial}: ${why})`, exitCodes.interrupted);
  }
  await say('snapshot/v3_snapshot.go:83', 'created temporary db file', { path: partial });
  const parts: Uint8Array[] = [];
  let version = '';
  for await (const message of client.stream<SnapshotResponse>(methods.snapshot, {})) {
    if (parts.length === 0) {
      await say('v3@v3.6.6/maintenance.go:236', 'opened snapshot stream; downloading', {}, 'client');
      await say('snapshot/v3_snapshot.go:96', 'fetching snapshot', { endpoint: endpoints[0] });
    }
    p.charge(message.blob.length);
    parts.push(message.blob);
    version = message.version;
  }
  await say('v3@v3.6.6/maintenance.go:302', 'completed snapshot read; closing', {}, 'client');
  const file = Buffer.concat(parts);
  if (splitHash(file).hash === undefined) {
    throw new CommandError(`sha256 checksum not found [bytes: ${file.length}]`, exitCodes.interrupted);
  }
  try {
    p.vfs.writeFile(p, partial, file, 0o600);
  } catch (error) {
    if (!isSysError(error)) throw error;
    throw new CommandError(`write ${partial}: ${error.message.toLowerCase()}`, exitCodes.interrupted);
  }
  p.vfs.rename(p, partial, path);
  await say('snapshot/v3_snapshot.go:111', 'fetched snapshot', {
    ...{ endpoint: endpoints[0], size: humanBytes(file.length), took: goDuration(performance.now() - begin) },
    'etcd-version': version,
  });
  await say('snapshot/v3_snapshot.go:121', 'saved', { path });
  await p.print(1, `Snapshot saved at ${path}\nServer version ${version}\n`);
}
