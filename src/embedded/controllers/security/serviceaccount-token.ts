import type { Secret, ServiceAccount } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { secrets, serviceAccounts } from '../../../kube/resources.ts';
import type { Component } from '../../api.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import { serviceAccountUserName } from '../../rbac/users.ts';
import { isConflict, isNotFound } from '../failures.ts';
import { controllerClient } from '../identity.ts';

const tokenType = 'kubernetes.io/service-account-token';
const nameAnnotation = 'kubernetes.io/service-account.name';
const uidAnnotation = 'kubernetes.io/service-account.uid';

/**
 * Puts a token without an end into Secrets of type kubernetes.io/service-account-token, and deletes them with their
 * account. `sign` makes a JSON Web Token of claims with the cluster's key.
 */
export function serviceAccountTokenController(sign: (claims: Record<string, unknown>) => string): Component {
  return {
    name: 'serviceaccount-token',
    start(context) {
      const client = controllerClient(context, 'tokens-controller');
      const accounts = context.informers.of(serviceAccounts);
      const tokens = context.informers.of(secrets);
      const ca = Buffer.from(context.cluster.caCertificate).toString('base64');

      async function sync(key: string): Promise<void> {
        const [namespace = '', name = ''] = key.split('/');
        const secret = tokens.get(namespace, name);
        if (!secret || secret.type !== tokenType || secret.metadata.deletionTimestamp) return;
        const account = accounts.get(namespace, secret.metadata.annotations?.[nameAnnotation] ?? '');
        const uid = secret.metadata.annotations?.[uidAnnotation];
        try {
          if (!account || (uid && uid !== account.metadata.uid)) {
            await client.delete(secrets, namespace, name, { preconditions: { uid: secret.metadata.uid } });
          } else {
            const filled = fill(secret, account, ca, sign);
            if (filled) await client.update(secrets, filled);
          }
        } catch (error) {
          // Somebody was faster: the event of that write brings the key back.
          if (!isNotFound(error) && !isConflict(error)) throw error;
        }
      }

      const queue = new WorkQueue({ clock: context.clock, signal: context.signal, report: context.report, sync });
      const enqueue = (secret: Stored<Secret>) => {
        if (secret.type === tokenType) queue.add(`${secret.metadata.namespace}/${secret.metadata.name}`);
      };
      tokens.on({ add: enqueue, update: enqueue });
      const ofAccount = ({ metadata }: Stored<ServiceAccount>) => {
        for (const secret of tokens.list(metadata.namespace)) {
          if (secret.metadata.annotations?.[nameAnnotation] === metadata.name) enqueue(secret);
        }
      };
      accounts.on({ add: ofAccount, delete: ofAccount });
    },
  };
}

/** The Secret with all that it needs; undefined if nothing is missing. */
function fill(
  secret: Stored<Secret>,
  account: Stored<ServiceAccount>,
  ca: string,
  sign: (claims: Record<string, unknown>) => string,
): Secret | undefined {
  const { metadata, data } = secret;
  const { name, namespace = '', uid } = account.metadata;
  const where = Buffer.from(namespace).toString('base64');
  const complete = data?.token && data['ca.crt'] === ca && data.namespace === where;
  if (complete && metadata.annotations?.[uidAnnotation] === uid) return undefined;
  const prefix = 'kubernetes.io/serviceaccount/';
  const token =
    data?.token ||
    Buffer.from(
      sign({
        iss: 'kubernetes/serviceaccount',
        [`${prefix}namespace`]: namespace,
        [`${prefix}secret.name`]: metadata.name,
        [`${prefix}service-account.name`]: name,
        [`${prefix}service-account.uid`]: uid,
        sub: serviceAccountUserName(namespace, name),
      }),
    ).toString('base64');
  return {
    ...secret,
    metadata: { ...metadata, annotations: { ...metadata.annotations, [uidAnnotation]: uid } },
    data: { ...data, 'ca.crt': ca, namespace: where, token },
  };
}
