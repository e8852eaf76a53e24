import type { HorizontalPodAutoscaler, Ingress, Node } from '../../kube/api.gen.ts';
import type { Resource, Stored } from '../../kube/meta.ts';
import * as resources from '../../kube/resources.ts';
import { resourceByName } from '../objects/reference.ts';
import { traceMissing } from './missing.ts';
import type { Trace } from './reader.ts';
import { traceService } from './service.ts';
import { clip, describeCommand, getCommand, listed, quote } from './words.ts';

/** From an object of any other kind to what its status says, what holds its deletion up, or what it leads to. */
export async function traceObject(
  t: Trace,
  resource: Resource,
  namespace: string | undefined,
  name: string,
): Promise<void> {
  if (!t.chain.enter(`${resource.kind} ${namespace}/${name}`)) return;
  const object = await t.reader.get(resource, namespace, name);
  if (!object) return traceMissing(t, resource, namespace, name);
  if (resource.kind === 'Ingress') return traceIngress(t, object as Stored<Ingress>);
  tellDeletion(t, resource, object);
  if (resource.kind === 'Node') tellNode(t, object as Stored<Node>);
  tellConditions(t, resource, object);
  if (resource.kind !== 'HorizontalPodAutoscaler') return;
  await tellMetricsApi(t);
  const target = (object as Stored<HorizontalPodAutoscaler>).spec?.scaleTargetRef;
  const scaled = target && resourceByName(target.kind);
  if (scaled && namespace) await t.follow({ about: 'object', resource: scaled, namespace, name: target.name });
}

const nameOf = (resource: Resource) => resource.kind.toLowerCase();

function tellDeletion(t: Trace, resource: Resource, object: Stored): void {
  const { deletionTimestamp, finalizers = [], name } = object.metadata;
  if (!deletionTimestamp) return;
  const command = getCommand(
    nameOf(resource),
    object,
    "-o jsonpath='{.metadata.deletionTimestamp} {.metadata.finalizers}'",
  );
  const held = finalizers.length > 0 ? `, held by ${listed(finalizers)}` : '';
  t.chain.add({
    fact: `${resource.kind} ${name} is being deleted${held}`,
    command,
    shows: [deletionTimestamp, ...finalizers.slice(0, 3)],
  });
}

/** Conditions whose being True is bad news. */
const complaints = /Pressure$|Unavailable$|Failure$|^Failed$|Degraded$|Remaining$|Limited$/;

function tellConditions(t: Trace, resource: Resource, object: Stored): void {
  const { conditions = [] } =
    (object as { status?: { conditions?: { type: string; status: string; reason?: string; message?: string }[] } })
      .status ?? {};
  for (const { type, status, reason = '', message = '' } of conditions) {
    const bad = complaints.test(type) ? status === 'True' : status !== 'True';
    if (!bad || /^NamespaceDeletion/.test(type)) continue;
    t.chain.add({
      fact: `${resource.kind} ${object.metadata.name}: ${type} is ${status}, ${clip(`${reason}${message ? `: ${message}` : ''}`)}`,
      command: describeCommand(nameOf(resource), object),
      shows: [type, ...(message ? [quote(message)] : [])],
    });
  }
}

function tellNode(t: Trace, node: Stored<Node>): void {
  const { name } = node.metadata;
  if (node.spec?.unschedulable) {
    const command = `kubectl get node ${name}`;
    t.chain.add({ fact: `node ${name} is cordoned`, command, shows: ['SchedulingDisabled'] });
  }
  const taints = (node.spec?.taints ?? []).map(
    ({ key, value, effect }) => `${key}${value ? `=${value}` : ''}:${effect}`,
  );
  if (taints.length === 0) return;
  t.chain.add({
    fact: `node ${name} has the taints ${listed(taints)}`,
    command: describeCommand('node', node),
    shows: taints.slice(0, 3),
  });
}

/** Whether anybody serves the metrics that an autoscaler goes by. */
async function tellMetricsApi(t: Trace): Promise<void> {
  const name = 'v1beta1.metrics.k8s.io';
  const service = await t.reader.get(resources.apiServices, undefined, name);
  if (!service) return traceMissing(t, resources.apiServices, undefined, name);
  tellConditions(t, resources.apiServices, service);
}

/** The class that serves an Ingress, and the Services that it leads to. */
async function traceIngress(t: Trace, ingress: Stored<Ingress>): Promise<void> {
  const { name, namespace = '' } = ingress.metadata;
  const { ingressClassName, rules = [], defaultBackend } = ingress.spec ?? {};
  const wanted = ingressClassName ? `class ${ingressClassName}` : 'no class';
  t.chain.add({
    fact: `Ingress ${name} has ${wanted}`,
    command: getCommand('ingress', ingress),
    shows: [ingressClassName ?? '<none>'],
  });
  if (ingressClassName && !(await t.reader.get(resources.ingressClasses, undefined, ingressClassName)))
    return traceMissing(t, resources.ingressClasses, undefined, ingressClassName);
  const paths = rules.flatMap(({ host = '*', http }) =>
    (http?.paths ?? []).map((p) => ({ where: `${host}${p.path ?? '/'}`, backend: p.backend })),
  );
  for (const { where, backend } of [...paths, ...(defaultBackend ? [{ where: '*', backend: defaultBackend }] : [])]) {
    const { service } = backend;
    if (!service) continue;
    const port = service.port?.number ?? service.port?.name ?? '';
    const known = await t.reader.get(resources.services, namespace, service.name);
    const number = known?.spec?.ports?.find((p) => p.port === port || p.name === port)?.port;
    t.chain.add({
      fact: `${where} leads to port ${port} of Service ${service.name}`,
      command: describeCommand('ingress', ingress),
      shows: [`${service.name}:${port}`],
    });
    if (await traceService(t, namespace, service.name, number ?? service.port?.number)) return;
  }
}
