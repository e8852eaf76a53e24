import { stringify } from 'yaml';
import type { Credentials } from '../pki/pki.ts';

/** A kubeconfig with one cluster, one user and one context, all in one file: YAML as kind writes it. */
export function kubeconfigOf(options: {
  context: string;
  /** Names in the file. Default: the context's. */
  cluster?: string;
  user?: string;
  server: string;
  caCertificate: string;
  credentials: Credentials;
  namespace?: string;
}): string {
  const { context, server, caCertificate, credentials, namespace } = options;
  const { cluster = context, user = context } = options;
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  return stringify(
    {
      apiVersion: 'v1',
      clusters: [{ cluster: { 'certificate-authority-data': base64(caCertificate), server }, name: cluster }],
      contexts: [{ context: { cluster, ...(namespace && { namespace }), user }, name: context }],
      'current-context': context,
      kind: 'Config',
      preferences: {},
      users: [
        {
          name: user,
          user: {
            'client-certificate-data': base64(credentials.certificate),
            'client-key-data': base64(credentials.key),
          },
        },
      ],
    },
    { lineWidth: 0, version: '1.1' },
  );
}
