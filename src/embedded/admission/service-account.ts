import type { Container, EphemeralContainer, PodSpec, ServiceAccount, Volume } from '../../kube/api.gen.ts';
import { serviceAccounts } from '../../kube/resources.ts';
import { quote } from '../errors/field.ts';
import { isMirror } from '../mirror-pod.ts';
import type { AdmissionAttributes, AdmissionPlugin } from '../registry/admission.ts';
import { generateName } from '../registry/metadata.ts';
import { podOf, refusal } from './refuse.ts';

const tokenVolumePrefix = 'kube-api-access-';
const tokenMountPath = '/var/run/secrets/kubernetes.io/serviceaccount';
const mountableAnnotation = 'kubernetes.io/enforce-mountable-secrets';
/** A little over the hour, so that tokens of Pods can be told from those of `kubectl create token`. */
const tokenExpirationSeconds = 3607;

/**
 * Gives every new Pod its ServiceAccount, the projected token volume and the account's imagePullSecrets; refuses
 * accounts that don't exist and secrets that an account with the annotation may not mount.
 */
export const serviceAccount: AdmissionPlugin = {
  name: 'ServiceAccount',
  mutate(attributes) {
    const pod = podOf(attributes);
    if (attributes.operation !== 'CREATE' || !pod?.spec) return;
    if (isMirror(pod)) {
      validateMirror(attributes, pod.spec);
      return;
    }
    const { spec } = pod;
    spec.serviceAccountName ||= 'default';
    spec.serviceAccount = spec.serviceAccountName;
    const account = accountOf(attributes, spec);
    if (spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true) mountToken(spec);
    if (!spec.imagePullSecrets?.length && account.imagePullSecrets?.length) {
      spec.imagePullSecrets = structuredClone(account.imagePullSecrets);
    }
    limitSecrets(attributes, account, spec);
  },
  validate(attributes) {
    const ephemeral = podOf(attributes, 'ephemeralcontainers');
    if (ephemeral?.spec && attributes.operation === 'UPDATE') {
      const account = accountOf(attributes, ephemeral.spec);
      limitSecrets(attributes, account, { containers: [], ephemeralContainers: ephemeral.spec.ephemeralContainers });
      return;
    }
    const pod = podOf(attributes);
    if (attributes.operation !== 'CREATE' || !pod?.spec) return;
    if (isMirror(pod)) validateMirror(attributes, pod.spec);
    else limitSecrets(attributes, accountOf(attributes, pod.spec), pod.spec);
  },
};

function accountOf(attributes: AdmissionAttributes, spec: PodSpec): ServiceAccount {
  const { namespace } = attributes;
  const name = spec.serviceAccountName || 'default';
  const account = attributes.read(serviceAccounts, namespace, name);
  if (account) return account;
  throw refusal(
    attributes,
    `error looking up service account ${namespace}/${name}: serviceaccount ${quote(name)} not found`,
  );
}

function mountToken(spec: PodSpec): void {
  const present = spec.volumes?.find((volume) => volume.name.startsWith(tokenVolumePrefix));
  const name = present?.name ?? generateName(tokenVolumePrefix);
  let mounted = false;
  // A Pod without containers is null here; validation refuses it later.
  for (const container of [...(spec.initContainers ?? []), ...(spec.containers ?? [])]) {
    if (container.volumeMounts?.some((mount) => mount.mountPath === tokenMountPath)) continue;
    container.volumeMounts = [...(container.volumeMounts ?? []), { name, readOnly: true, mountPath: tokenMountPath }];
    mounted = true;
  }
  if (!present && mounted) spec.volumes = [...(spec.volumes ?? []), tokenVolume(name)];
}

function tokenVolume(name: string): Volume {
  return {
    name,
    projected: {
      defaultMode: 0o644,
      sources: [
        { serviceAccountToken: { expirationSeconds: tokenExpirationSeconds, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        {
          downwardAPI: {
            items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
          },
        },
      ],
    },
  };
}

function validateMirror(attributes: AdmissionAttributes, spec: PodSpec): void {
  if (spec.serviceAccountName) throw refusal(attributes, 'a mirror pod may not reference service accounts');
  if (secretVolumes(spec).length > 0 || secretEnvs(spec).length > 0) {
    throw refusal(attributes, 'a mirror pod may not reference secrets');
  }
  if (spec.volumes?.some((v) => v.projected?.sources?.some((source) => source.serviceAccountToken))) {
    throw refusal(attributes, 'a mirror pod may not use ServiceAccountToken volume projections');
  }
}

function secretVolumes(spec: PodSpec): string[] {
  return (spec.volumes ?? []).flatMap((volume) => volume.secret?.secretName ?? []);
}

function secretEnvs(spec: PodSpec): { kind: string; container: string; env: string; secret: string }[] {
  const of = (kind: string, containers: readonly (Container | EphemeralContainer)[] | undefined) =>
    (containers ?? []).flatMap((c) =>
      (c.env ?? []).flatMap((env) => {
        const secret = env.valueFrom?.secretKeyRef?.name;
        return secret === undefined ? [] : [{ kind, container: c.name, env: env.name, secret }];
      }),
    );
  return [
    ...of('init container', spec.initContainers),
    ...of('container', spec.containers),
    ...of('ephemeral container', spec.ephemeralContainers),
  ];
}

/** Only for accounts with the annotation `kubernetes.io/enforce-mountable-secrets: "true"`. */
function limitSecrets(attributes: AdmissionAttributes, account: ServiceAccount, spec: PodSpec): void {
  if (account.metadata?.annotations?.[mountableAnnotation] !== 'true') return;
  const mountable = new Set((account.secrets ?? []).map((reference) => reference.name));
  const who = account.metadata.name;
  const no = `is not allowed because service account ${who} does not reference that`;
  for (const secret of secretVolumes(spec)) {
    if (!mountable.has(secret)) throw refusal(attributes, `volume with secret.secretName="${secret}" ${no} secret`);
  }
  for (const { kind, container, env, secret } of secretEnvs(spec)) {
    if (!mountable.has(secret)) {
      const where = `${kind} ${container} with envVar ${env} referencing`;
      throw refusal(attributes, `${where} secret.secretName="${secret}" ${no} secret`);
    }
  }
  const pullable = new Set((account.imagePullSecrets ?? []).map((reference) => reference.name));
  spec.imagePullSecrets?.forEach(({ name }, i) => {
    if (!pullable.has(name)) throw refusal(attributes, `imagePullSecrets[${i}].name="${name}" ${no} imagePullSecret`);
  });
}
