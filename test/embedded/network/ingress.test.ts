import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installAddon } from '../../../src/cluster/addons/install.ts';
import { createCertificate } from '../../../src/embedded/pki/certificate.ts';
import type { IngressSpec } from '../../../src/kube/api.gen.ts';
import { endpointSlices, events, ingresses, secrets, services } from '../../../src/kube/resources.ts';
import { type Lab, openLab } from './lab.ts';

const controller = 'ingress-nginx-controller.ingress-nginx';

function certificateFor(name: string): Record<string, string> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const subject = { commonName: name };
  const validity = { notBefore: Date.now() - 60_000, notAfter: Date.now() + 3_600_000 };
  const request = { subject, publicKey, usage: 'server' as const, names: [name], ...validity };
  return {
    'tls.crt': createCertificate(request, { subject, privateKey, publicKey }),
    'tls.key': privateKey.export({ type: 'sec1', format: 'pem' }).toString(),
  };
}

describe('ingress-nginx', { timeout: 60_000 }, () => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await openLab();
    await installAddon(lab.client, 'ingress-nginx', AbortSignal.timeout(60_000));
    await Promise.all([
      ...['shop', 'cart'].map(async (name) => {
        await lab.client.create(services, {
          metadata: { name, namespace: 'default' },
          spec: { selector: { run: name }, ports: [{ name: 'web', port: 80, targetPort: 5678 }] },
        });
        await lab.run(name, { image: 'hashicorp/http-echo:1.0', args: [`-text=${name}`] });
      }),
      lab.client.create(services, {
        metadata: { name: 'empty', namespace: 'default' },
        spec: { ports: [{ port: 80 }] },
      }),
      lab.run('client', { image: 'curlimages/curl:8.10.1', command: ['sleep', '3600'] }),
    ]);
    const has = (name: string, s: { endpoints?: { targetRef?: { name?: string } }[] | null }) =>
      s.endpoints?.some((e) => e.targetRef?.name === name);
    await lab.until(endpointSlices, (all) => ['shop', 'cart'].every((name) => all.some((s) => has(name, s))));
  }, 90_000);
  afterAll(() => lab.cluster.stop());

  /** Resolves once the controller has taken the Ingress up. */
  async function serve(name: string, spec: IngressSpec, annotations: Record<string, string> = {}): Promise<void> {
    const metadata = { name, namespace: 'default', annotations };
    await lab.client.create(ingresses, { metadata, spec: { ingressClassName: 'nginx', ...spec } });
    await lab.until(ingresses, (all) =>
      all.some((one) => one.metadata.name === name && (one.status?.loadBalancer?.ingress?.length ?? 0) > 0),
    );
  }
  const to = (name: string) => ({ service: { name, port: { number: 80 } } });
  const rule = (host: string, ...paths: [path: string, pathType: string, service: string][]) => ({
    ...{ host, http: { paths: paths.map(([path, pathType, service]) => ({ path, pathType, backend: to(service) })) } },
  });
  /** Status and body of a GET by a client in the cluster. */
  async function get(host: string, path: string, ...more: string[]): Promise<string> {
    const command = [
      'curl',
      '-sS',
      '-H',
      `Host: ${host}`,
      '-w',
      '%{http_code}',
      ...more,
      `http://${controller}${path}`,
    ];
    const { stdout, stderr } = await lab.exec('client', ...command);
    return stdout + stderr;
  }

  it('routes by host and path, and answers as nginx what is not its own', async () => {
    await serve('web', {
      rules: [
        rule(
          'a.example',
          ['/', 'Prefix', 'shop'],
          ['/cart', 'Prefix', 'cart'],
          ['/only', 'Exact', 'cart'],
          ['/none', 'Prefix', 'empty'],
          ['/lost', 'Prefix', 'missing'],
        ),
      ],
    });
    expect(await get('a.example', '/')).toBe('shop\n200');
    expect(await get('a.example', '/cart/1')).toBe('cart\n200');
    expect(await get('a.example', '/cartoon')).toBe('shop\n200');
    expect(await get('a.example', '/only')).toBe('cart\n200');
    expect(await get('a.example', '/only/not')).toBe('shop\n200');
    expect(await get('a.example', '/none')).toMatch(
      /503 Service Temporarily Unavailable[\s\S]*<center>nginx<\/center>[\s\S]*503$/,
    );
    expect(await get('a.example', '/lost')).toMatch(/503$/);
    expect(await get('b.example', '/')).toMatch(/404 Not Found[\s\S]*404$/);
  });

  it('says of an Ingress where it is served, by status and event', async () => {
    await serve('told', { rules: [rule('told.example', ['/', 'Prefix', 'shop'])] });
    const { status } = await lab.client.get(ingresses, 'default', 'told');
    expect(status?.loadBalancer?.ingress).toEqual([{ ip: '172.18.0.2' }]);
    await lab.until(events, (all) =>
      all.some((e) => e.involvedObject.name === 'told' && e.reason === 'Sync' && e.message === 'Scheduled for sync'),
    );
  });

  it('leaves Ingresses of other classes, and of none, alone', async () => {
    const spec = { rules: [rule('other.example', ['/', 'Prefix', 'shop'])] };
    const create = (name: string, more: IngressSpec) =>
      lab.client.create(ingresses, { metadata: { name, namespace: 'default' }, spec: { ...spec, ...more } });
    await create('classless', {});
    await create('foreign', { ingressClassName: 'traefik' });
    // Taken up after the others, so that those have been looked at.
    await serve('later', { rules: [rule('later.example', ['/', 'Prefix', 'shop'])] });
    expect(await get('later.example', '/')).toBe('shop\n200');
    expect(await get('other.example', '/')).toMatch(/404$/);
    expect((await lab.client.get(ingresses, 'default', 'classless')).status?.loadBalancer).toEqual({});
  });

  it('sends hosts with a certificate to HTTPS, and serves them with it', async () => {
    const data = certificateFor('safe.example');
    await lab.client.create(secrets, {
      metadata: { name: 'safe', namespace: 'default' },
      ...{ type: 'kubernetes.io/tls', stringData: data },
    });
    await serve('safe', {
      tls: [{ hosts: ['safe.example'], secretName: 'safe' }],
      rules: [rule('safe.example', ['/', 'Prefix', 'shop'])],
    });
    expect(await get('safe.example', '/x?y=1', '-i')).toMatch(
      /^HTTP\/1.1 308 [\s\S]*\nLocation: https:\/\/safe\.example\/x\?y=1\r?\n/,
    );
    const address = (await lab.client.get(services, 'ingress-nginx', 'ingress-nginx-controller')).spec?.clusterIP;
    const { stdout, stderr } = await lab.exec(
      ...(['client', 'curl', '-skv', '--resolve', `safe.example:443:${address}`, 'https://safe.example/'] as const),
    );
    expect(stdout).toBe('shop\n');
    expect(stderr).toContain('subject: CN=safe.example');
  });

  it('rewrites paths and has a default backend', async () => {
    const annotations = { 'nginx.ingress.kubernetes.io/rewrite-target': '/$2' };
    await lab.run('files', { image: 'nginx:1.27' });
    await lab.client.create(services, {
      metadata: { name: 'files', namespace: 'default' },
      spec: { selector: { run: 'files' }, ports: [{ port: 80 }] },
    });
    await serve(
      'rewritten',
      { rules: [rule('r.example', ['/files(/|$)(.*)', 'ImplementationSpecific', 'files'])] },
      annotations,
    );
    await lab.until(endpointSlices, (all) => all.some((s) => s.endpoints?.some((e) => e.targetRef?.name === 'files')));
    await serve('rest', { defaultBackend: to('cart') });
    expect(await get('nobody.example', '/any')).toBe('cart\n200');
    expect(await get('r.example', '/files/index.html')).toMatch(/Welcome to nginx[\s\S]*200$/);
  });

  it('is reached by the node port', async () => {
    const { spec } = await lab.client.get(services, 'ingress-nginx', 'ingress-nginx-controller');
    const port = spec?.ports?.find(({ name }) => name === 'http')?.nodePort;
    const { stdout } = await lab.exec(
      'client',
      'curl',
      '-s',
      '-H',
      'Host: a.example',
      `http://172.18.0.2:${port}/cart`,
    );
    expect(stdout).toBe('cart\n');
  });
});
