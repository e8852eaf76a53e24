import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPki, openPki } from '../../../src/embedded/pki/pki.ts';
import { systemClock } from '../../../src/kernel/clock.ts';

describe('the cluster PKI', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kubedrill-pki-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('signs a serving certificate for every name the API server is reached by', () => {
    const pki = createPki(systemClock);
    const ca = new X509Certificate(pki.ca.certificate);
    const server = new X509Certificate(pki.server.certificate);
    expect(ca.ca).toBe(true);
    expect(ca.verify(ca.publicKey)).toBe(true);
    expect(server.ca).toBe(false);
    expect(server.checkIssued(ca)).toBe(true);
    expect(server.verify(ca.publicKey)).toBe(true);
    expect(server.subjectAltName).toBe(
      'DNS:kubernetes, DNS:kubernetes.default, DNS:kubernetes.default.svc, DNS:kubernetes.default.svc.cluster.local, DNS:localhost, IP Address:127.0.0.1, IP Address:10.96.0.1',
    );
    expect(server.checkHost('kubernetes.default.svc')).toBe('kubernetes.default.svc');
    expect(server.checkIP('127.0.0.1')).toBe('127.0.0.1');
  });

  it('puts the user into the common name and the groups into the organizations', () => {
    const pki = createPki(systemClock);
    const jane = new X509Certificate(
      pki.issueClient({ commonName: 'jane', organizations: ['dev', 'ops'] }).certificate,
    );
    // As Go writes it: values of one type stand together.
    expect(jane.subject.split('\n')).toEqual(['O=dev + O=ops', 'CN=jane']);
    expect(jane.verify(new X509Certificate(pki.ca.certificate).publicKey)).toBe(true);
    expect(jane.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
  });

  it('finds the same keys again in the cluster folder, readable for the user only', async () => {
    const first = await openPki(folder, systemClock);
    const second = await openPki(folder, systemClock);
    expect(second.ca).toEqual(first.ca);
    expect(second.server).toEqual(first.server);
    expect(second.serviceAccounts.id).toBe(first.serviceAccounts.id);
    expect((await stat(join(folder, 'pki', 'ca.key'))).mode & 0o777).toBe(0o600);
    const late = new X509Certificate(second.issueClient({ commonName: 'late' }).certificate);
    expect(late.verify(new X509Certificate(first.ca.certificate).publicKey)).toBe(true);
  });
});
