import type { APIService, APIServiceCondition, EndpointSlice } from '../../kube/api.gen.ts';
import type { Stored } from '../../kube/meta.ts';
import { apiServices, endpointSlices, services } from '../../kube/resources.ts';
import type { Component, ComponentContext } from '../api.ts';
import { WorkQueue } from '../client/work-queue.ts';
import { quote } from '../errors/field.ts';
import { isApiError } from '../errors/status.ts';
import { timestamp } from '../registry/metadata.ts';
import { type Aggregator, RemoteError } from './aggregator.ts';
import { availabilityOf } from './conditions.ts';

const masters = ['system:masters', 'system:authenticated'];
const asker = { name: 'system:kube-aggregator', groups: ['system:masters'] };
/** Servers may die without a word. */
const resyncMs = 30_000;

type Finding = Pick<APIServiceCondition, 'status' | 'reason' | 'message'>;
const no = (reason: string, message: string): Finding => ({ status: 'False', reason, message });

/** Tells which servers of APIServices can be used (kube-apiserver's RemoteAvailability controller). */
export function apiServiceAvailability(aggregator: Aggregator): Component {
  return {
    name: 'remote-availability',
    start(context) {
      const { clock, signal, report, informers } = context;
      const known = informers.of(apiServices);
      const client = context.client.as({
        user: { name: 'system:apiserver', groups: masters },
        fieldManager: 'kube-apiserver',
      });
      const queue = new WorkQueue({ clock, signal, report, sync, backoff: { baseMs: 5, maxMs: resyncMs } });

      async function sync(name: string): Promise<{ after: number } | undefined> {
        const service = known.get(undefined, name);
        if (!service?.spec?.service) return undefined;
        const found = await look(context, aggregator, service);
        const before = availabilityOf(service);
        if (before?.status !== found.status || before.reason !== found.reason || before.message !== found.message) {
          const since = before?.status === found.status ? before.lastTransitionTime : timestamp(clock.now());
          const condition: APIServiceCondition = { type: 'Available', ...found, lastTransitionTime: since };
          await client
            .updateStatus(apiServices, { ...service, status: { ...service.status, conditions: [condition] } })
            .catch((error: unknown) => {
              // Somebody else wrote: that makes for another look.
              if (!isApiError(error)) throw error;
            });
        }
        if (found.reason === 'FailedDiscoveryCheck') throw new RemoteError(found.message);
        return { after: resyncMs };
      }

      const behind = (namespace: string | undefined, name: string | undefined) => {
        for (const { metadata, spec } of known.list()) {
          if (spec?.service?.namespace === namespace && spec?.service?.name === name) queue.add(metadata.name);
        }
      };
      const each = <T>(handle: (object: T) => void) => ({ add: handle, update: handle, delete: handle });
      known.on(each(({ metadata }) => queue.add(metadata.name)));
      informers.of(services).on(each(({ metadata }) => behind(metadata.namespace, metadata.name)));
      informers
        .of(endpointSlices)
        .on(each(({ metadata }) => behind(metadata.namespace, metadata.labels?.['kubernetes.io/service-name'])));
    },
  };
}

async function look(
  { informers }: ComponentContext,
  aggregator: Aggregator,
  service: Stored<APIService>,
): Promise<Finding> {
  const { namespace = '', name = '', port = 443 } = service.spec?.service ?? {};
  const which = `service/${name} in ${quote(namespace)}`;
  const target = informers.of(services).get(namespace, name);
  const finding = (): Finding | undefined => {
    if (!target) return no('ServiceNotFound', `${which} is not present`);
    if ((target.spec?.type ?? 'ClusterIP') !== 'ClusterIP') return undefined;
    const served = target.spec?.ports?.find((one) => one.port === port);
    if (!served) return no('ServicePortError', `${which} is not listening on port ${port}`);
    const slices = informers
      .of(endpointSlices)
      .list(namespace)
      .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === name);
    if (slices.length === 0) return no('EndpointsNotFound', `cannot find endpointslices for ${which}`);
    const portName = served.name ?? '';
    if (slices.some((slice) => hasEndpoint(slice, portName))) return undefined;
    return no('MissingEndpoints', `endpointslices for ${which} have no addresses with port name ${quote(portName)}`);
  };
  const missing = finding();
  if (missing) {
    aggregator.learn(service.metadata.name, undefined);
    return missing;
  }
  return ask(aggregator, service);
}

const hasEndpoint = ({ endpoints, ports }: EndpointSlice, portName: string): boolean =>
  (endpoints ?? []).some(({ conditions }) => conditions?.ready !== false) &&
  (ports ?? []).some((port) => (port.name ?? '') === portName && port.port !== undefined);

/** The one path that every server of a group has. */
async function ask(aggregator: Aggregator, service: Stored<APIService>): Promise<Finding> {
  const path = `/apis/${service.spec?.group}/${service.spec?.version}`;
  const url = `https://${aggregator.address(service)}${path}`;
  const failed = (why: string) => {
    aggregator.learn(service.metadata.name, undefined);
    return no('FailedDiscoveryCheck', `failing or missing response from ${url}: ${why}`);
  };
  try {
    const { status, body } = await aggregator.get(service, path, asker);
    if (status < 200 || status > 299) return failed(`bad status from ${url}: ${status}`);
    aggregator.learn(service.metadata.name, JSON.parse(body));
  } catch (error) {
    if (error instanceof SyntaxError) aggregator.learn(service.metadata.name, undefined);
    else if (error instanceof RemoteError) return failed(`Get ${quote(url)}: ${error.message}`);
    else throw error;
  }
  return { status: 'True', reason: 'Passed', message: 'all checks passed' };
}
