/** Prometheus' text format, as Kubernetes' components write it. */

export type Labels = Readonly<Record<string, string>>;

export interface Sample {
  labels?: Labels;
  value: number;
  /** Milliseconds since 1970. */
  at?: number;
}

export interface Family {
  name: string;
  type: 'counter' | 'gauge';
  /** With the stability in brackets, where it has one. */
  help: string;
  samples: readonly Sample[];
}

export const metricsType = 'text/plain; version=0.0.4; charset=utf-8; escaping=underscores';

/** Families without samples are left out. */
export function metricsText(families: readonly Family[]): string {
  return families
    .filter(({ samples }) => samples.length > 0)
    .map(({ name, type, help, samples }) => {
      const lines = samples.map(
        ({ labels, value, at }) => `${name}${labelText(labels)} ${number(value)}${at === undefined ? '' : ` ${at}`}`,
      );
      return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('\n')}\n`;
    })
    .join('');
}

function labelText(labels: Labels = {}): string {
  const pairs = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  if (pairs.length === 0) return '';
  const escaped = (value: string) => value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
  return `{${pairs.map(([name, value]) => `${name}="${escaped(value)}"`).join(',')}}`;
}

/** Go's `%g` of the shortest text: an exponent of two digits from a million on. */
function number(value: number): string {
  if (value !== 0 && (Math.abs(value) >= 1e6 || Math.abs(value) < 1e-4)) {
    return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
  }
  return String(value);
}
