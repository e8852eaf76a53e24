import { describe, expect, it } from 'vitest';
import { serviceAccountTokenController } from '../../../src/embedded/controllers/security/serviceaccount-token.ts';
import { namespaces, secrets, serviceAccounts } from '../../../src/kube/resources.ts';
import { startControlPlane } from '../../helpers/control-plane.ts';

const decode = (text: string | undefined) => Buffer.from(text ?? '', 'base64').toString();

describe('a Secret of type service-account-token', () => {
  it('gets a token of its account and goes with it', async () => {
    const { client, context, informers, until, stop } = await startControlPlane();
    await serviceAccountTokenController((claims) => JSON.stringify(claims)).start(context());
    await client.create(namespaces, { metadata: { name: 'swan' } });
    const account = await client.create(serviceAccounts, { metadata: { name: 'bot', namespace: 'swan' } });
    await client.create(secrets, {
      metadata: {
        name: 'tok',
        namespace: 'swan',
        annotations: { 'kubernetes.io/service-account.name': 'bot' },
      },
      type: 'kubernetes.io/service-account-token',
      data: { k: 'dg==' },
    });
    const secret = () => informers.of(secrets).get('swan', 'tok');
    const filled = await until(() => (secret()?.data?.token ? secret() : undefined));
    expect(Object.keys(filled.data ?? {}).sort()).toEqual(['ca.crt', 'k', 'namespace', 'token']);
    expect(decode(filled.data?.namespace)).toBe('swan');
    expect(filled.metadata.annotations).toMatchObject({ 'kubernetes.io/service-account.uid': account.metadata.uid });
    expect(JSON.parse(decode(filled.data?.token))).toEqual({
      iss: 'kubernetes/serviceaccount',
      'kubernetes.io/serviceaccount/namespace': 'swan',
      'kubernetes.io/serviceaccount/secret.name': 'tok',
      'kubernetes.io/serviceaccount/service-account.name': 'bot',
      'kubernetes.io/serviceaccount/service-account.uid': account.metadata.uid,
      sub: 'system:serviceaccount:swan:bot',
    });
    await client.delete(serviceAccounts, 'swan', 'bot');
    await until(() => secret() === undefined);
    stop();
  });
});
