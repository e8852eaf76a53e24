import { ownValue } from '../../../../../kernel/own.ts';
import type { LimitRange, LimitRangeItem, Namespace, ResourceQuota } from '../../../../../kube/api.gen.ts';
import { StatusError } from '../client.ts';
import { type DescribeContext, type Describer, fetchAll } from './context.ts';
import { sortedEntries, timeText, writeAnnotations, writeLabels, writeName } from './format.ts';
import type { DescribeWriter } from './writer.ts';

const scopeHelp: Readonly<Record<string, string>> = {
  Terminating:
    'Matches all pods that have an active deadline. These pods have a limited lifespan on a node before being actively terminated by the system.',
  NotTerminating:
    'Matches all pods that do not have an active deadline. These pods usually include long running pods whose container command is not expected to terminate.',
  BestEffort:
    'Matches all pods that do not have resource requirements set. These pods have a best effort quality of service.',
  NotBestEffort:
    'Matches all pods that have at least one resource requirement set. These pods have a burstable or guaranteed quality of service.',
};

const limitHeads = ['Type', 'Resource', 'Min', 'Max', 'Default Request', 'Default Limit', 'Max Limit/Request Ratio'];

export const describeNamespace: Describer<Namespace> = async (w, namespace, context) => {
  const { metadata, status } = namespace;
  writeName(w, metadata);
  writeLabels(w, 'Labels', metadata?.labels);
  writeAnnotations(w, metadata?.annotations);
  w.write(0, `Status:\t${status?.phase ?? ''}\n`);
  if (status?.conditions?.length) {
    w.write(0, 'Conditions:\n');
    w.write(1, 'Type\tStatus\tLastTransitionTime\tReason\tMessage\n');
    w.write(1, '----\t------\t------------------\t------\t-------\n');
    for (const c of status.conditions) {
      const time = c.lastTransitionTime ? timeText(c.lastTransitionTime) : '';
      w.write(1, `${c.type}\t${c.status}\t${time}\t${c.reason ?? ''}\t${c.message ?? ''}\n`);
    }
  }
  const own = `/api/v1/namespaces/${metadata?.name}`;
  const quotas = await listed<ResourceQuota>(context, `${own}/resourcequotas`);
  if (quotas) writeQuotas(w, quotas);
  const ranges = await listed<LimitRange>(context, `${own}/limitranges`);
  if (ranges) writeLimitRanges(w, ranges);
};

/** A collection, undefined where it is not served. Throws StatusError for other failures. */
async function listed<T>(context: DescribeContext, path: string): Promise<T[] | undefined> {
  try {
    return await fetchAll<T>(context, path);
  } catch (error) {
    if (error instanceof StatusError && error.reason === 'NotFound') return undefined;
    throw error;
  }
}

function writeQuotas(w: DescribeWriter, quotas: readonly ResourceQuota[]): void {
  w.write(0, quotas.length === 0 ? '\nNo resource quota.\n' : '\nResource Quotas\n');
  const sorted = [...quotas].sort((a, b) => ((a.metadata?.name ?? '') < (b.metadata?.name ?? '') ? -1 : 1));
  for (const quota of sorted) {
    w.write(1, `Name:\t${quota.metadata?.name ?? ''}\n`);
    writeScopes(w, quota, 1, '* ');
    w.write(1, 'Resource\tUsed\tHard\n');
    w.write(1, '--------\t---\t---\n');
    writeUse(w, quota, 1);
  }
}

function writeScopes(w: DescribeWriter, { spec }: ResourceQuota, level: number, bullet: string): void {
  const scopes = [...(spec?.scopes ?? [])].sort();
  if (scopes.length === 0) return;
  w.write(level, `Scopes:\t${scopes.join(', ')}\n`);
  for (const scope of scopes) {
    const help = ownValue(scopeHelp, scope);
    if (help) w.write(level, `${bullet}${help}\n`);
  }
}

function writeUse(w: DescribeWriter, { status }: ResourceQuota, level: number): void {
  for (const [resource, hard] of sortedEntries(status?.hard))
    w.write(level, `${resource}\t${ownValue(status?.used, resource) ?? '0'}\t${hard}\n`);
}

export const describeResourceQuota: Describer<ResourceQuota> = async (w, quota) => {
  writeName(w, quota.metadata);
  writeScopes(w, quota, 0, ' * ');
  w.write(0, 'Resource\tUsed\tHard\n');
  w.write(0, '--------\t----\t----\n');
  writeUse(w, quota, 0);
};

function writeLimitRanges(w: DescribeWriter, ranges: readonly LimitRange[]): void {
  if (ranges.length === 0) {
    w.write(0, '\nNo LimitRange resource.\n');
    return;
  }
  w.write(0, '\nResource Limits\n');
  writeLimitHeads(w, ' ');
  for (const { spec } of ranges) for (const item of spec?.limits ?? []) writeLimits(w, item, ' ');
}

function writeLimitHeads(w: DescribeWriter, indent: string): void {
  w.write(0, `${indent}${limitHeads.join('\t')}\n`);
  w.write(0, `${indent}${limitHeads.map((head) => '-'.repeat(head.length)).join('\t')}\n`);
}

/** A row a resource; kubectl's own order of them is random. */
function writeLimits(w: DescribeWriter, item: LimitRangeItem, indent: string): void {
  const columns = [item.min, item.max, item.defaultRequest, item.default, item.maxLimitRequestRatio];
  const resources = new Set(columns.flatMap((column) => Object.keys(column ?? {})));
  for (const resource of [...resources].sort()) {
    const cells = columns.map((column) => ownValue(column, resource) ?? '-');
    w.write(0, `${indent}${[item.type, resource, ...cells].join('\t')}\n`);
  }
}

export const describeLimitRange: Describer<LimitRange> = async (w, { metadata, spec }) => {
  writeName(w, metadata);
  writeLimitHeads(w, '');
  for (const item of spec?.limits ?? []) writeLimits(w, item, '');
};
