import { ownValue } from '../../kernel/own.ts';
import type { Pod, Secret } from '../../kube/api.gen.ts';
import type { Stored } from '../../kube/meta.ts';
import * as resources from '../../kube/resources.ts';
import { readClaims, type TokenClaims } from '../../kube/token-claims.ts';
import { containerOf, containerPath } from './container.ts';
import { traceMissing } from './missing.ts';
import type { Trace } from './reader.ts';
import { getCommand, listed } from './words.ts';

/** From a 401 to what the token is that the container shows: whose, for whom, until when. Never the token itself. */
export async function traceUnauthorized(t: Trace, pod: Stored<Pod>, container: string): Promise<void> {
  const { name, namespace = '' } = pod.metadata;
  if (!t.chain.enter(`401 ${namespace}/${name}/${container}`)) return;
  t.chain.add({
    fact: 'a 401 says that the server does not accept who asks at all; a 403 would name a user and a missing right',
    command: `kubectl logs ${name} -c ${container} -n ${namespace} --tail=3`,
  });
  const ofSecrets = await tokensOfSecrets(t, pod, container);
  if (ofSecrets === 'worthless') return;
  const mounted = reportMounted(t, pod, container);
  if (mounted === 'own') return reportAccount(t, pod);
  if (mounted === 'foreign') return;
  if (ofSecrets === 'none') reportNoToken(t, pod, container);
}

/** From a 403 of nobody to whether the container has a token that it could have shown. */
export async function traceAnonymous(t: Trace, pod: Stored<Pod>, container: string): Promise<void> {
  const { name, namespace = '' } = pod.metadata;
  t.chain.add({
    fact: 'the server took who asks for system:anonymous: the request showed no token that it could refuse',
    command: `kubectl logs ${name} -c ${container} -n ${namespace} --tail=3`,
  });
  if (reportMounted(t, pod, container) === 'none') reportNoToken(t, pod, container);
}

function reportNoToken(t: Trace, pod: Stored<Pod>, container: string): void {
  const command = getCommand('pod', pod, `-o jsonpath='{${containerPath(pod, container)}.volumeMounts[*].mountPath}'`);
  const paths = (containerOf(pod, container)?.volumeMounts ?? []).map((m) => m.mountPath);
  const mounts = paths.length > 0 ? `; there are mounts at ${listed(paths)}` : '';
  const fact = `no token is mounted in container ${container}${mounts}`;
  t.chain.add({ kind: 'missing', fact, command, shows: paths.slice(0, 3) });
}

/** Tokens that the kubelet renews, by the volumes that hold them; `foreign`: all of them are for somebody else. */
function reportMounted(t: Trace, pod: Stored<Pod>, container: string): 'none' | 'foreign' | 'own' {
  const mounts = containerOf(pod, container)?.volumeMounts ?? [];
  let found: 'none' | 'foreign' | 'own' = 'none';
  for (const { name, projected } of pod.spec?.volumes ?? []) {
    const mount = mounts.find((m) => m.name === name);
    const token = projected?.sources?.find((s) => s.serviceAccountToken)?.serviceAccountToken;
    if (!mount || !token) continue;
    const { audience, expirationSeconds = 3_600, path } = token;
    const command = getCommand(
      'pod',
      pod,
      `-o jsonpath='{.spec.volumes[?(@.name=="${name}")].projected.sources[*].serviceAccountToken}'`,
    );
    if (!audience || ownAudience.test(audience)) found = 'own';
    else if (found === 'none') found = 'foreign';
    // The one that the API server itself has added is for the API server.
    const whom = audience ? `for audience "${audience}"` : "for the API server's own audience";
    t.chain.add({
      fact: `the token at ${mount.mountPath}/${path} is ${whom}, renewed within ${expirationSeconds} s`,
      command,
      shows: [path, ...(audience ? [audience] : [])],
    });
  }
  return found;
}

/** The account of the mounted token: a token is of one ServiceAccount object, not of any later one of its name. */
async function reportAccount(t: Trace, pod: Stored<Pod>): Promise<void> {
  const { namespace = '', name, creationTimestamp } = pod.metadata;
  const account = pod.spec?.serviceAccountName || 'default';
  const found = await t.reader.get(resources.serviceAccounts, namespace, account);
  if (!found) return traceMissing(t, resources.serviceAccounts, namespace, account);
  const created = found.metadata.creationTimestamp;
  const later = Date.parse(created) > Date.parse(creationTimestamp);
  t.chain.add({
    fact: later
      ? `ServiceAccount ${account} is newer than the Pod: ${created}, the Pod ${creationTimestamp}; a token is of the account that was there before`
      : `ServiceAccount ${account} is older than the Pod, as it should be: ${created}`,
    command: `kubectl get serviceaccount/${account} pod/${name} -n ${namespace} -o custom-columns=NAME:.metadata.name,CREATED:.metadata.creationTimestamp`,
    shows: [created, creationTimestamp],
  });
}

/** Tokens that the container gets from Secrets, as variables or files; `worthless`: one is, and why was reported. */
async function tokensOfSecrets(t: Trace, pod: Stored<Pod>, name: string): Promise<'none' | 'there' | 'worthless'> {
  const { namespace = '' } = pod.metadata;
  const container = containerOf(pod, name);
  const keys = new Map<string, { secret: string; key: string }>();
  const note = (secret: string, key: string) => keys.set(`${secret}/${key}`, { secret, key });
  for (const { valueFrom } of container?.env ?? []) {
    const ref = valueFrom?.secretKeyRef;
    if (ref?.name && /token/i.test(ref.key)) note(ref.name, ref.key);
  }
  for (const { secretRef } of container?.envFrom ?? []) if (secretRef?.name) note(secretRef.name, 'token');
  for (const volume of pod.spec?.volumes ?? []) {
    const mounted = container?.volumeMounts?.some((m) => m.name === volume.name);
    if (mounted && volume.secret?.secretName) note(volume.secret.secretName, 'token');
  }
  let found: 'none' | 'there' = 'none';
  for (const { secret, key } of keys.values()) {
    const object = await t.reader.get(resources.secrets, namespace, secret);
    const token = ownValue(object?.data, key);
    if (!object || token === undefined) continue;
    found = 'there';
    if (await reportToken(t, object, key, Buffer.from(token, 'base64').toString())) return 'worthless';
  }
  return found;
}

/** What API servers call themselves in tokens, unless they were told otherwise. */
const ownAudience = /^(?:https:\/\/)?kubernetes\.default\.svc/;

/** What a token says of itself. Resolves to whether it is worth nothing. */
async function reportToken(t: Trace, secret: Stored<Secret>, key: string, token: string): Promise<boolean> {
  const { name, namespace = '' } = secret.metadata;
  const claims = readClaims(token);
  const escaped = key.replaceAll('.', '\\.');
  const data = `kubectl get secret ${name} -n ${namespace} -o jsonpath='{.data.${escaped}}' | base64 -d`;
  if (!claims) {
    const fact = `key ${key} of Secret ${name} is no token: a token has three parts with two dots between them`;
    t.chain.add({ fact, command: `${data} | tr -cd . | wc -c` });
    return true;
  }
  // Base64 of another alphabet, and without what fills it up: that is complained about.
  const command = `${data} | cut -d. -f2 | tr _- /+ | base64 -d 2>/dev/null; echo`;
  const reported = describeClaims(claims);
  t.chain.add({ fact: `key ${key} of Secret ${name} is a token ${reported.text}`, command, shows: reported.shows });
  const { expires } = claims;
  if (expires !== undefined && expires < t.now) {
    const shows = [String(expires / 1000)];
    t.chain.add({ fact: `it has expired at ${new Date(expires).toISOString()}`, command, shows });
    return true;
  }
  if (claims.audiences.length > 0 && !claims.audiences.some((audience) => ownAudience.test(audience))) return true;
  return reportOwners(t, claims, claims.namespace ?? namespace, command);
}

/** The Pod and the account that a token is of, if they are gone. Resolves to whether one is. */
async function reportOwners(
  t: Trace,
  { pod, account }: TokenClaims,
  namespace: string,
  command: string,
): Promise<boolean> {
  if (pod) {
    const holder = await t.reader.get(resources.pods, namespace, pod.name);
    if (holder?.metadata.uid !== pod.uid) {
      const fact = `it is bound to Pod ${pod.name} with uid ${pod.uid}, which is gone`;
      t.chain.add({ kind: 'missing', fact, command, shows: [pod.uid] });
      return true;
    }
  }
  if (!account) return false;
  const owner = await t.reader.get(resources.serviceAccounts, namespace, account.name);
  if (owner?.metadata.uid === account.uid) return false;
  if (!owner) await traceMissing(t, resources.serviceAccounts, namespace, account.name);
  else {
    t.chain.add({
      fact: `ServiceAccount ${account.name} has another uid now, ${owner.metadata.uid}: it was made again since then`,
      command: getCommand('serviceaccount', owner, "-o jsonpath='{.metadata.uid}'"),
      shows: [owner.metadata.uid],
    });
  }
  return true;
}

function describeClaims({ subject, audiences, account }: TokenClaims): { text: string; shows: string[] } {
  const text = [subject ? `of ${subject}` : undefined, audiences.length > 0 ? `for ${listed(audiences)}` : undefined];
  const shows = [...(subject ? [subject] : []), ...audiences.slice(0, 2), ...(account ? [account.uid] : [])];
  return { text: text.filter(Boolean).join(' '), shows };
}
