/** What controllers in Pods report through the API: statuses and events. */
import type { Node, Pod } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import type { Process } from '../kernel/process.ts';
import { ConnectError, type Json, klogStamp, type RestClient, StatusError } from './client.ts';

/** The address that clients reach this Pod's node by; undefined where it can't be known. */
export async function nodeAddress(p: Process, client: RestClient): Promise<string | undefined> {
  const { name, namespace } = p.container.pod;
  const pod = (await client.json(`/api/v1/namespaces/${namespace}/pods/${name}`)) as unknown as Stored<Pod>;
  const node = (await client.json(`/api/v1/nodes/${pod.spec?.nodeName}`)) as unknown as Stored<Node>;
  const addresses = node.status?.addresses ?? [];
  return ['ExternalIP', 'InternalIP'].flatMap((type) => addresses.filter((one) => one.type === type))[0]?.address;
}

/** Writes the status of an object; what the server refuses is reported in the log and tried again at the next change. */
export async function writeStatus(p: Process, client: RestClient, path: string, status: Json): Promise<void> {
  const contentType = 'application/merge-patch+json';
  try {
    await client.json(`${path}/status`, { method: 'PATCH', contentType, body: { status } });
  } catch (error) {
    if (!(error instanceof StatusError || error instanceof ConnectError)) throw error;
    await p.print(2, `W${klogStamp(p)} status.go:280] "error updating status" path="${path}" err="${error.message}"\n`);
  }
}

/** Tells of an object by an event; that there is none is no reason to stop. */
export async function reportEvent(
  p: Process,
  client: RestClient,
  about: Stored,
  component: string,
  reason: string,
  message: string,
): Promise<void> {
  const { name, namespace = 'default', uid, resourceVersion } = about.metadata;
  const now = new Date(p.container.clock.now());
  const stamp = now.toISOString().replace(/\.\d+Z$/, 'Z');
  const event: Json = {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${name}.${(now.getTime() * 1e6).toString(16)}`, namespace },
    involvedObject: {
      apiVersion: about.apiVersion ?? '',
      kind: about.kind ?? '',
      name,
      namespace,
      uid,
      resourceVersion,
    },
    ...{ reason, message, type: 'Normal', count: 1, firstTimestamp: stamp, lastTimestamp: stamp },
    source: { component },
    reportingComponent: component,
  };
  try {
    await client.json(`/api/v1/namespaces/${namespace}/events`, { method: 'POST', body: event });
  } catch (error) {
    if (!(error instanceof StatusError || error instanceof ConnectError)) throw error;
  }
}
