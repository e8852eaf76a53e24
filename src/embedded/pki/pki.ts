import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../kernel/clock.ts';
import { readTextIfThere, replaceFileSync } from '../../kernel/files.ts';
import { type CertificateRequest, createCertificate, type Issuer, type Subject } from './certificate.ts';

/** A certificate with its key, both PEM. */
export interface Credentials {
  certificate: string;
  key: string;
}

/** Signs and checks ServiceAccount tokens. */
export interface SigningKey {
  privateKey: KeyObject;
  publicKey: KeyObject;
  /** `kid` of the JWT header: the base64url SHA-256 of the public key, as kube-apiserver derives it. */
  id: string;
}

/** Keys and certificates of one cluster, as kubeadm lays them out. */
export interface Pki {
  ca: Credentials;
  /** The API server's own certificate. */
  server: Credentials;
  /** kubernetes-admin in system:masters. */
  admin: Credentials;
  serviceAccounts: SigningKey;
  /** A client certificate signed by the CA. */
  issueClient(subject: Subject): Credentials;
}

/** The names by which the API server is reached, as in kubeadm's apiserver.crt; 10.96.0.1 is the Service `kubernetes`. */
const serverNames = [
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
  'localhost',
  '127.0.0.1',
  '10.96.0.1',
];

/** As kubeadm's super-admin.conf: system:masters is allowed everything whatever RBAC says. */
const adminSubject: Subject = { commonName: 'kubernetes-admin', organizations: ['system:masters'] };

const caSubject: Subject = { commonName: 'kubernetes' };
const hour = 3_600_000;
const tenYears = 10 * 365 * 24 * hour;

/** An authority of its own beside the cluster's, as etcd has one. */
export interface Authority {
  ca: Credentials;
  /** A certificate signed by it; `names` for those who serve. */
  issue(subject: Subject, usage: 'client' | 'peer', names?: readonly string[]): Credentials;
}

export function createAuthority(clock: Clock, commonName: string): Authority {
  const key = keyPair();
  const issuer: Issuer = { subject: { commonName }, ...key };
  const validity = { notBefore: clock.now() - hour, notAfter: clock.now() + tenYears };
  const sign = (request: Omit<CertificateRequest, 'publicKey' | 'notBefore' | 'notAfter'>, pair: typeof key) => ({
    certificate: createCertificate({ ...request, publicKey: pair.publicKey, ...validity }, issuer),
    key: exportKey(pair.privateKey),
  });
  return {
    ca: sign({ subject: issuer.subject, usage: 'ca' }, key),
    issue: (subject, usage, names) => sign({ subject, usage, ...(names && { names }) }, keyPair()),
  };
}

/** Makes everything anew: some milliseconds. `names`: by which the API server is reached beside the usual ones. */
export function createPki(clock: Clock, names: readonly string[] = []): Pki {
  const caKey = keyPair();
  const issuer: Issuer = { subject: caSubject, ...caKey };
  const validity = { notBefore: clock.now() - hour, notAfter: clock.now() + tenYears };
  const ca: Credentials = {
    certificate: createCertificate(
      { subject: caSubject, publicKey: caKey.publicKey, usage: 'ca', ...validity },
      issuer,
    ),
    key: exportKey(caKey.privateKey),
  };
  const server = issueServer(clock, caKey, names);
  const serviceAccountKey = keyPair();
  const issueClient = clientIssuer(clock, issuer);
  return {
    ca,
    server,
    admin: issueClient(adminSubject),
    serviceAccounts: signingKey(serviceAccountKey.privateKey),
    issueClient,
  };
}

/** The API server's certificate and key, signed by the CA with this key. `names` as of `createPki`. */
export function issueServer(clock: Clock, ca: Omit<Issuer, 'subject'>, names: readonly string[]): Credentials {
  const { privateKey, publicKey } = keyPair();
  const validity = { notBefore: clock.now() - hour, notAfter: clock.now() + tenYears };
  const certificate = createCertificate(
    {
      subject: { commonName: 'kube-apiserver' },
      publicKey,
      usage: 'server',
      names: [...serverNames, ...names],
      ...validity,
    },
    { subject: caSubject, ...ca },
  );
  return { certificate, key: exportKey(privateKey) };
}

/** The credentials of kubernetes-admin, signed by the CA with this key. */
export function issueAdmin(clock: Clock, ca: Omit<Issuer, 'subject'>): Credentials {
  return clientIssuer(clock, { subject: caSubject, ...ca })(adminSubject);
}

/** A key that signs the tokens of ServiceAccounts, PEM. */
export function newSigningKey(): string {
  return exportKey(keyPair().privateKey);
}

/**
 * The PKI of a cluster folder: read from `folder/pki`, or created and written there (files 0600, folder 0700) the first time.
 * Rejects with the file system's error if the folder can't be read or written.
 */
export async function openPki(folder: string, clock: Clock, names: readonly string[] = []): Promise<Pki> {
  const directory = join(folder, 'pki');
  const found = await readPki(directory, clock);
  if (found) return found;
  const pki = createPki(clock, names);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const write = (file: string, content: string) => writeFile(join(directory, file), content, { mode: 0o600 });
  await write('ca.crt', pki.ca.certificate);
  await write('apiserver.crt', pki.server.certificate);
  await write('apiserver.key', pki.server.key);
  await write('admin.crt', pki.admin.certificate);
  await write('admin.key', pki.admin.key);
  await write('sa.key', exportKey(pki.serviceAccounts.privateKey));
  // Last: a folder with this file is complete.
  await write('ca.key', pki.ca.key);
  return pki;
}

/** A certificate and its key in one file of PEM blocks, as `kubectl` and `openssl` take them too. */
const bundle =
  /^(-----BEGIN CERTIFICATE-----.+-----END CERTIFICATE-----\n)(-----BEGIN EC PRIVATE KEY-----.+-----END EC PRIVATE KEY-----\n)$/s;

/**
 * Client credentials that are the same after every restart, so that files made with them stay as they are: read from
 * `folder/pki/<name>.pem`, or issued and written there (0600) where that file holds none.
 */
export function keptCredentials(folder: string, name: string, issue: () => Credentials): Credentials {
  const file = join(folder, 'pki', `${name}.pem`);
  const [, certificate, key] = bundle.exec(existsSync(file) ? readFileSync(file, 'utf8') : '') ?? [];
  if (certificate && key) return { certificate, key };
  const issued = issue();
  replaceFileSync(file, issued.certificate + issued.key);
  return issued;
}

async function readPki(directory: string, clock: Clock): Promise<Pki | undefined> {
  const read = (file: string) => readFile(join(directory, file), 'utf8');
  const caKey = await readTextIfThere(join(directory, 'ca.key'));
  if (caKey === undefined) return undefined;
  const [caCertificate, serverCertificate, serverKey, adminCertificate, adminKey, accountKey] = await Promise.all(
    ['ca.crt', 'apiserver.crt', 'apiserver.key', 'admin.crt', 'admin.key', 'sa.key'].map(read),
  );
  const privateKey = createPrivateKey(caKey);
  return {
    ca: { certificate: caCertificate ?? '', key: caKey },
    server: { certificate: serverCertificate ?? '', key: serverKey ?? '' },
    admin: { certificate: adminCertificate ?? '', key: adminKey ?? '' },
    serviceAccounts: signingKey(createPrivateKey(accountKey ?? '')),
    issueClient: clientIssuer(clock, { subject: caSubject, privateKey, publicKey: createPublicKey(caKey) }),
  };
}

function clientIssuer(clock: Clock, issuer: Issuer): Pki['issueClient'] {
  return (subject) => {
    const { privateKey, publicKey } = keyPair();
    const certificate = createCertificate(
      { subject, publicKey, usage: 'client', notBefore: clock.now() - hour, notAfter: clock.now() + tenYears },
      issuer,
    );
    return { certificate, key: exportKey(privateKey) };
  };
}

const keyPair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });

const exportKey = (key: KeyObject): string => key.export({ type: 'sec1', format: 'pem' }).toString();

function signingKey(privateKey: KeyObject): SigningKey {
  const publicKey = createPublicKey(privateKey);
  const id = createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64url');
  return { privateKey, publicKey, id };
}
