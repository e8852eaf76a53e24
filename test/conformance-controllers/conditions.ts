/** The wait conditions of the recordings, by their text (a small part of Python), as functions. */
type Loose = Record<string, unknown> & { items?: Loose[]; metadata?: Loose; status?: Loose; spec?: Loose };

const status = (o: Loose, key: string): unknown => o.status?.[key];
const conditions = (o: Loose): Loose[] => (o.status?.conditions as Loose[] | undefined) ?? [];
const revision = (o: Loose): unknown =>
  (o.metadata?.annotations as Loose | undefined)?.['deployment.kubernetes.io/revision'];
const names = (o: Loose): unknown[] => (o.items ?? []).map((i) => i.metadata?.name);

/** `o['status'].get('a') == 1 and o['status'].get('b')`: all terms of this kind. */
function statusTerms(text: string): ((o: Loose) => boolean) | undefined {
  const terms = text.split(' and ').map((term) => {
    const field = /^(not )?o\['status'\]\.get\('(\w+)'\)(?: == (\d+))?$/.exec(term);
    if (field) {
      const [, not, key = '', value] = field;
      return (o: Loose) =>
        value === undefined ? Boolean(status(o, key)) !== Boolean(not) : status(o, key) === Number(value);
    }
    const annotation = /^o\['metadata'\]\['annotations'\]\['deployment\.kubernetes\.io\/revision'\] == '(\d+)'$/.exec(
      term,
    );
    return annotation ? (o: Loose) => revision(o) === annotation[1] : undefined;
  });
  if (terms.some((t) => t === undefined)) return undefined;
  return (o) => terms.every((t) => t?.(o));
}

const others: Readonly<Record<string, (o: Loose) => boolean>> = {
  "o['metadata']['uid']": (o) => o.metadata?.uid !== undefined,
  "o['items']": (o) => (o.items ?? []).length > 0,
  "not o['items']": (o) => o.items?.length === 0,
  "len(o['items']) == 1": (o) => o.items?.length === 1,
  "len(o['items']) == 3": (o) => o.items?.length === 3,
  "o['spec'].get('nodeName')": (o) => o.spec?.nodeName !== undefined,
  "all(p['spec'].get('nodeName') for p in o['items'])": (o) => (o.items ?? []).every((p) => p.spec?.nodeName),
  "any(x['type'] == 'ReplicaFailure' for x in o['status'].get('conditions', []))": (o) =>
    conditions(o).some((c) => c.type === 'ReplicaFailure'),
  "any(c['type'] == 'Failed' for c in o['status'].get('conditions', []))": (o) =>
    conditions(o).some((c) => c.type === 'Failed'),
  "any(c.get('reason') == 'ProgressDeadlineExceeded' for c in o['status'].get('conditions', []))": (o) =>
    conditions(o).some((c) => c.reason === 'ProgressDeadlineExceeded'),
  "len(o['items'][0]['endpoints']) == 2 and all(e['conditions']['ready'] for e in o['items'][0]['endpoints'])": (o) => {
    const endpoints = (o.items?.[0]?.endpoints as Loose[] | null | undefined) ?? [];
    return endpoints.length === 2 && endpoints.every((e) => (e.conditions as Loose).ready === true);
  },
  "{i['metadata']['name'] for i in o['items']} == {'kube-root-ca.crt'}": (o) => names(o).join() === 'kube-root-ca.crt',
  "'orp' not in {i['metadata']['name'] for i in o['items']}": (o) => !names(o).includes('orp'),
};

/** Throws for a condition that nobody translated yet. */
export function conditionOf(text: string): (o: Loose) => boolean {
  const known = others[text] ?? statusTerms(text);
  if (!known) throw new Error(`no translation of the condition ${text}`);
  return known;
}
