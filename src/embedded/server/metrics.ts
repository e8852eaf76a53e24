import type { RequestInfo } from './request-info.ts';

interface Series {
  labels: string;
  count: number;
  seconds: number;
  timed: number;
}

const labelNames = ['code', 'group', 'resource', 'scope', 'subresource', 'verb', 'version'];

const labelsOf = (values: readonly (string | number)[]) =>
  values.map((value, i) => `${labelNames[i]}="${String(value).replace(/[\\"\n]/g, '\\$&')}"`).join(',');

/** What /metrics tells: requests by verb, resource and code, and how long they took, in Prometheus' text format. */
export class RequestCounters {
  readonly #series = new Map<string, Series>();
  readonly #terminated = new Map<string, number>();

  /** `seconds` undefined: a watch or stream, whose length says nothing. */
  record(info: RequestInfo, code: number, seconds: number | undefined): void {
    const values = [
      code,
      info.group,
      info.resource,
      info.name !== '' ? 'resource' : info.namespace !== '' ? 'namespace' : 'cluster',
      info.isResourceRequest ? info.subresource : info.path.split('/', 2).join('/'),
      info.isResourceRequest ? info.verb.toUpperCase() : info.method,
      info.version,
    ];
    const key = values.join('\n');
    let series = this.#series.get(key);
    if (!series) {
      // Labels come from clients: bound what they can make us keep.
      if (this.#series.size >= 2000) return;
      series = { labels: labelsOf(values), count: 0, seconds: 0, timed: 0 };
      this.#series.set(key, series);
    }
    series.count++;
    if (seconds !== undefined) {
      series.seconds += seconds;
      series.timed++;
    }
  }

  /** A watch was ended because its client did not keep up. */
  watchTerminated({ group, resource }: { group: string; resource: string }): void {
    const labels = `group="${group}",resource="${resource}"`;
    this.#terminated.set(labels, (this.#terminated.get(labels) ?? 0) + 1);
  }

  /** `gauges`: other figures by metric name. */
  text(gauges: Record<string, { help: string; value: number }>): string {
    const all = [...this.#series.values()];
    const lines = [
      '# HELP apiserver_request_total [STABLE] Requests answered, by verb, resource and HTTP code.',
      '# TYPE apiserver_request_total counter',
      ...all.map(({ labels, count }) => `apiserver_request_total{${labels}} ${count}`),
      '# HELP apiserver_request_duration_seconds [STABLE] Time to answer, watches and streams left out.',
      '# TYPE apiserver_request_duration_seconds summary',
      ...all.flatMap(({ labels, seconds, timed }) => [
        `apiserver_request_duration_seconds_sum{${labels}} ${seconds}`,
        `apiserver_request_duration_seconds_count{${labels}} ${timed}`,
      ]),
    ];
    if (this.#terminated.size > 0) {
      lines.push(
        '# HELP apiserver_terminated_watchers_total [ALPHA] Counter of watchers closed due to unresponsiveness broken by resource type.',
        '# TYPE apiserver_terminated_watchers_total counter',
        ...[...this.#terminated].map(([labels, count]) => `apiserver_terminated_watchers_total{${labels}} ${count}`),
      );
    }
    for (const [name, { help, value }] of Object.entries(gauges)) {
      lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, `${name} ${value}`);
    }
    return `${lines.join('\n')}\n`;
  }
}
