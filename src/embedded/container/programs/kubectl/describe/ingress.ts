import type {
  Ingress,
  IngressBackend,
  IngressClass,
  IngressServiceBackend,
  Service,
} from '../../../../../kube/api.gen.ts';
import { StatusError } from '../../../api-client/client.ts';
import { type DescribeContext, type Describer, fetchObject } from './context.ts';
import { endpointsText, slicesOf } from './endpoints.ts';
import { writeEvents } from './events.ts';
import { none, writeAnnotations, writeLabels, writeMetadata } from './format.ts';

export const describeIngress: Describer<Ingress> = async (w, ingress, context) => {
  const { metadata, spec = {}, status } = ingress;
  const namespace = metadata?.namespace ?? '';
  const backendText = async (backend: IngressBackend) =>
    backend.service
      ? `${backendName(backend)} (${await backendState(context, namespace, backend.service)})`
      : backendName(backend);
  w.write(0, `Name:\t${metadata?.name ?? ''}\n`);
  writeLabels(w, 'Labels', metadata?.labels);
  w.write(0, `Namespace:\t${namespace}\n`);
  const addresses = (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip || hostname || '');
  w.write(0, `Address:\t${addresses.join(',')}\n`);
  w.write(0, `Ingress Class:\t${spec.ingressClassName ?? none}\n`);
  const fallback = spec.defaultBackend ? await backendText(spec.defaultBackend) : '<default>';
  w.write(0, `Default backend:\t${fallback}\n`);
  if (spec.tls?.length) {
    w.write(0, 'TLS:\n');
    for (const { secretName, hosts = [] } of spec.tls)
      w.write(1, secretName ? `${secretName} terminates ${hosts.join(',')}\n` : `SNI routes ${hosts.join(',')}\n`);
  }
  w.write(0, 'Rules:\n');
  w.write(1, 'Host\tPath\tBackends\n');
  w.write(1, '----\t----\t--------\n');
  const rules = (spec.rules ?? []).filter(({ http }) => http);
  for (const { host, http } of rules) {
    w.write(1, `${host || '*'}\t\n`);
    for (const { path = '', backend } of http?.paths ?? []) w.write(2, `\t${path} \t${await backendText(backend)}\n`);
  }
  if (rules.length === 0) w.write(1, `*\t*\t${fallback}\n`);
  writeAnnotations(w, metadata?.annotations);
  await writeEvents(w, ingress, context);
};

function backendName({ service, resource }: IngressBackend): string {
  if (service) return `${service.name}:${service.port?.name || (service.port?.number ?? 0)}`;
  if (!resource) return '';
  return `APIGroup: ${resource.apiGroup ?? none}, Kind: ${resource.kind}, Name: ${resource.name}`;
}

/** The addresses behind a backend, or why there are none. */
async function backendState(
  context: DescribeContext,
  namespace: string,
  service: IngressServiceBackend,
): Promise<string> {
  try {
    const slices = await slicesOf(context, namespace, service.name);
    const found = await fetchObject<Service>(context, `/api/v1/namespaces/${namespace}/services/${service.name}`);
    const wanted = service.port;
    const port = found.spec?.ports?.find(({ name, port: number }) =>
      wanted?.name ? name === wanted.name : number === wanted?.number,
    );
    return endpointsText(slices, port?.name ?? '');
  } catch (error) {
    if (error instanceof StatusError) return `<error: ${error.message}>`;
    throw error;
  }
}

export const describeIngressClass: Describer<IngressClass> = async (w, ingressClass, context) => {
  writeMetadata(w, ingressClass);
  const { controller = '', parameters } = ingressClass.spec ?? {};
  w.write(0, `Controller:\t${controller}\n`);
  if (parameters) {
    w.write(0, 'Parameters:\n');
    if (parameters.apiGroup) w.write(1, `APIGroup:\t${parameters.apiGroup}\n`);
    w.write(1, `Kind:\t${parameters.kind}\n`);
    w.write(1, `Name:\t${parameters.name}\n`);
  }
  await writeEvents(w, ingressClass, context);
};
