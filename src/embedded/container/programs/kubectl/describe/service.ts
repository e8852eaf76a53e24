import type { Service } from '../../../../../kube/api.gen.ts';
import { StatusError } from '../../../api-client/client.ts';
import type { Describer } from './context.ts';
import { endpointsText, slicesOf } from './endpoints.ts';
import { writeEvents } from './events.ts';
import { labelsText, none, unset, writeMetadata } from './format.ts';

export const describeService: Describer<Service> = async (w, service, context) => {
  const { metadata, spec = {}, status } = service;
  const slices = await slicesOf(context, metadata?.namespace ?? '', metadata?.name ?? '').catch((error: unknown) => {
    if (error instanceof StatusError) return [];
    throw error;
  });
  const line = (label: string, value: unknown) => w.write(0, `${label}:\t${value}\n`);
  const lineIf = (label: string, value: unknown) => {
    if (value) line(label, value);
  };
  writeMetadata(w, service);
  line('Selector', labelsText(spec.selector));
  line('Type', spec.type ?? '');
  lineIf('IP Family Policy', spec.ipFamilyPolicy);
  line('IP Families', spec.ipFamilies?.join(',') || none);
  line('IP', spec.clusterIP ?? '');
  line('IPs', spec.clusterIPs?.join(',') || none);
  lineIf('External IPs', spec.externalIPs?.join(','));
  lineIf('Desired LoadBalancer IP', spec.loadBalancerIP);
  lineIf('External Name', spec.externalName);
  const ingress = (status?.loadBalancer?.ingress ?? []).map(
    ({ ip, hostname, ipMode }) => `${ip ?? hostname ?? ''}${ipMode ? ` (${ipMode})` : ''}`,
  );
  lineIf('LoadBalancer Ingress', ingress.join(', '));
  for (const port of spec.ports ?? []) {
    const name = port.name || unset;
    line('Port', `${name}\t${port.port}/${port.protocol}`);
    line('TargetPort', `${port.targetPort ?? 0}/${port.protocol}`);
    if (port.nodePort) line('NodePort', `${name}\t${port.nodePort}/${port.protocol}`);
    line('Endpoints', endpointsText(slices, port.name ?? ''));
  }
  line('Session Affinity', spec.sessionAffinity ?? '');
  lineIf('External Traffic Policy', spec.externalTrafficPolicy);
  lineIf('Internal Traffic Policy', spec.internalTrafficPolicy);
  lineIf('HealthCheck NodePort', spec.healthCheckNodePort);
  lineIf('LoadBalancer Source Ranges', spec.loadBalancerSourceRanges?.join(','));
  lineIf('Traffic Distribution', spec.trafficDistribution);
  await writeEvents(w, service, context);
};
