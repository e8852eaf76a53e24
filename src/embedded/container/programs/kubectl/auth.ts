import type { Obj, RestClient } from '../../api-client/client.ts';
import { StatusError } from '../../api-client/client.ts';
import { type FlagSet, type Flags, KubectlError } from '../../api-client/flags.ts';
import { discover, matchResource } from './discovery.ts';
import { asObject } from './errors.ts';
import { formatTable, printerFor } from './printers.ts';

export const canIFlags: FlagSet = {
  list: { kind: 'bool' },
  'all-namespaces': { kind: 'bool', short: 'A' },
  quiet: { kind: 'bool', short: 'q' },
  subresource: { kind: 'string' },
  'no-headers': { kind: 'bool' },
};

export const whoamiFlags: FlagSet = { output: { kind: 'string', short: 'o' } };

const verbs = new Set(
  'get list watch create update patch delete deletecollection proxy use bind escalate impersonate approve sign attest attest-image *'.split(
    ' ',
  ),
);

/** `kubectl auth can-i VERB RESOURCE[/NAME]`, or `--list`. */
export async function canI(client: RestClient, flags: Flags): Promise<number> {
  const { p, config } = client;
  if (flags.bool('list')) return listRules(client, flags);
  const [verb, what] = flags.args;
  if (verb === undefined || what === undefined || flags.args.length > 2) {
    throw new KubectlError(
      "you must specify two arguments: verb resource or verb resource/resourceName.\nSee 'kubectl auth can-i -h' for help and examples.",
    );
  }
  const namespace = flags.bool('all-namespaces') ? '' : config.namespace;
  const warnings: string[] = [];
  let spec: Obj;
  if (what.startsWith('/')) spec = { nonResourceAttributes: { verb, path: what } };
  else {
    if (!verbs.has(verb)) warnings.push(`verb '${verb}' is not a known verb`);
    const [type = '', rest] = what.split('/');
    // Whether it may is the server's to say, even where it does not say what it has.
    const resources = await discover(client, false, 2).catch((error: unknown) => {
      if (error instanceof KubectlError) return [];
      throw error;
    });
    const found = type === '*' ? undefined : matchResource(resources, type);
    const [bare = '', ...suffix] = type.split('.');
    if (!found && type !== '*') {
      const group = suffix.join('.');
      warnings.push(
        group === ''
          ? `the server doesn't have a resource type '${bare}'`
          : `the server doesn't have a resource type '${bare}' in group '${group}'`,
      );
    } else if (found && !found.namespaced && namespace !== '') {
      warnings.push(`resource '${found.resource}' is not namespace scoped`);
    }
    // `pods/log` names a subresource where there is one, else an object.
    const isSubresource = rest !== undefined && (found?.subresources.includes(rest) ?? false);
    const group = found ? found.group : suffix.join('.');
    const attributes: Obj = { namespace, verb, group: type === '*' ? '*' : group, resource: found?.resource ?? bare };
    const subresource = flags.get('subresource') ?? (isSubresource ? rest : undefined);
    if (subresource) attributes.subresource = subresource;
    if (rest !== undefined && !isSubresource) attributes.name = rest;
    spec = { resourceAttributes: attributes };
  }
  if (!flags.bool('quiet')) for (const w of warnings) await p.print(2, `Warning: ${w}\n\n`);
  const review = await client.json('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
    method: 'POST',
    body: { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec },
  });
  const status = asObject(review.status);
  if (!flags.bool('quiet')) {
    let answer = status.allowed === true ? 'yes' : 'no';
    // Why something is allowed is not shown, as the reason names objects of others.
    if (status.allowed !== true && status.reason) answer += ` - ${status.reason}`;
    if (status.evaluationError) answer += ` - ${status.evaluationError}`;
    await p.print(1, `${answer}\n`);
  }
  return status.allowed === true ? 0 : 1;
}

const strings = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

async function listRules(client: RestClient, flags: Flags): Promise<number> {
  if (flags.args.length > 0) throw new KubectlError('list option must be specified with no arguments');
  const review = await client.json('/apis/authorization.k8s.io/v1/selfsubjectrulesreviews', {
    method: 'POST',
    body: {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectRulesReview',
      spec: { namespace: client.config.namespace },
    },
  });
  const status = asObject(review.status);
  if (status.incomplete === true)
    await client.p.print(2, `warning: the list may be incomplete: ${status.evaluationError ?? ''}\n`);
  const rules = ((status.resourceRules as Obj[] | undefined) ?? []).flatMap((rule) => {
    const groups = strings(rule.apiGroups);
    return (groups.length > 0 ? groups : ['']).flatMap((group) =>
      strings(rule.resources).map((resource) => ({
        group,
        bare: resource,
        resource: group === '' ? resource : `${resource}.${group}`,
        names: strings(rule.resourceNames),
        verbs: strings(rule.verbs),
      })),
    );
  });
  const merged = new Map<string, (typeof rules)[number]>();
  for (const rule of rules) {
    const key = `${rule.resource}|${rule.names.join(',')}`;
    const known = merged.get(key);
    if (known) known.verbs.push(...rule.verbs.filter((v) => !known.verbs.includes(v)));
    else merged.set(key, { ...rule, verbs: [...rule.verbs] });
  }
  const show = (items: readonly string[]) => `[${items.join(' ')}]`;
  const urls = ((status.nonResourceRules as Obj[] | undefined) ?? []).flatMap((r) =>
    strings(r.nonResourceURLs).map((url) => ({ url, verbs: strings(r.verbs) })),
  );
  // kubectl sorts rules by how Go prints them.
  const sortable = [
    ...[...merged.values()].map((r) => ({
      key: `Verbs:${show(r.verbs)},APIGroups:[${r.group}],Resources:[${r.bare}],ResourceNames:${show(r.names)},`,
      row: [r.resource, '[]', show(r.names), show(r.verbs)],
    })),
    ...urls.map((r) => ({
      key: `Verbs:${show(r.verbs)},APIGroups:[],Resources:[],ResourceNames:[],NonResourceURLs:[${r.url}],`,
      row: ['', `[${r.url}]`, '[]', show(r.verbs)],
    })),
  ].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  const head = ['Resources', 'Non-Resource URLs', 'Resource Names', 'Verbs'];
  const rows = sortable.map((r) => r.row);
  await client.p.print(1, formatTable(flags.bool('no-headers') ? rows : [head, ...rows]));
  return 0;
}

/** `kubectl auth whoami` */
export async function whoami(client: RestClient, flags: Flags): Promise<number> {
  let review: Obj;
  try {
    review = await client.json('/apis/authentication.k8s.io/v1/selfsubjectreviews', {
      method: 'POST',
      body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
    });
  } catch (error) {
    if (error instanceof StatusError && (error.reason === 'Forbidden' || error.reason === 'NotFound')) {
      throw new KubectlError(
        'the selfsubjectreviews API is not enabled in the cluster or you do not have permission to call it',
      );
    }
    throw error;
  }
  const printer = printerFor(client.p, flags.get('output'), { keepManaged: true, noHeaders: false });
  if (printer) {
    await client.p.print(1, await printer(review));
    return 0;
  }
  const user = asObject(asObject(review.status).userInfo);
  const rows = [
    ['ATTRIBUTE', 'VALUE'],
    ['Username', String(user.username ?? '')],
  ];
  if (user.uid) rows.push(['UID', String(user.uid)]);
  if (Array.isArray(user.groups)) rows.push(['Groups', `[${strings(user.groups).join(' ')}]`]);
  const extra = asObject(user.extra);
  for (const key of Object.keys(extra).sort()) rows.push([`Extra: ${key}`, `[${strings(extra[key]).join(' ')}]`]);
  await client.p.print(1, formatTable(rows));
  return 0;
}
