import { describe, expect, it } from 'vitest';
import { writeVolumes } from '../../../src/embedded/container/programs/kubectl/describe/volumes.ts';
import { DescribeWriter } from '../../../src/embedded/container/programs/kubectl/describe/writer.ts';
import { endpointsOf } from '../../../src/embedded/container/reverse-proxy/services.ts';
import type { EndpointSlice, Service, Volume } from '../../../src/kube/api.gen.ts';
import type { Stored } from '../../../src/kube/meta.ts';

/** As an API server answers: null, where the JSON tag has no omitempty. */
const answered = <T>(object: unknown) => object as T;

describe('lists that the API shows as null', () => {
  it('a slice without ports has no endpoints for an ingress', () => {
    const metadata = { name: 'web', namespace: 'default' };
    const labels = { 'kubernetes.io/service-name': 'web' };
    const slice = answered<Stored<EndpointSlice>>({
      metadata: { ...metadata, labels },
      addressType: 'IPv4',
      endpoints: [{ addresses: ['10.0.0.1'] }],
      ports: null,
    });
    const service = answered<Stored<Service>>({ metadata, spec: { ports: [{ port: 80 }] } });
    expect(endpointsOf({ services: [service], slices: [slice] }, service, { number: 80 })).toEqual([]);
  });

  it('a projected volume without sources is described', () => {
    const w = new DescribeWriter();
    writeVolumes(w, [answered<Volume>({ name: 'all', projected: { defaultMode: 420, sources: null } })]);
    expect(w.toString()).toContain('Projected (a volume that contains injected data from multiple sources)');
  });
});
