import type { FieldError } from '../../definition.ts';
import * as field from '../../errors/field.ts';

export type Level = 'privileged' | 'baseline' | 'restricted';
const levels: readonly Level[] = ['privileged', 'baseline', 'restricted'];

/** The minor version of Kubernetes whose standards apply; `latest` is the cluster's own. */
export type Version = 'latest' | number;

export interface LevelVersion {
  level: Level;
  version: Version;
}

export type Mode = 'enforce' | 'audit' | 'warn';
export type Policy = Record<Mode, LevelVersion>;

const prefix = 'pod-security.kubernetes.io/';

/** What the labels of a namespace ask for; a label that makes no sense counts as restricted:latest and is reported. */
export function readPolicy(labels: Readonly<Record<string, string>> | undefined): {
  policy: Policy;
  errors: FieldError[];
} {
  const errors: FieldError[] = [];
  const read = (mode: Mode): LevelVersion => {
    const level = labels?.[prefix + mode];
    const version = labels?.[`${prefix}${mode}-version`];
    const at = (label: string) => field.path('metadata', 'labels').key(prefix + label);
    const known = levels.find((l) => l === (level ?? 'privileged'));
    if (!known) errors.push(field.invalid(at(mode), level, `must be one of ${levels.join(', ')}`));
    const parsed = parseVersion(version ?? 'latest');
    if (parsed === undefined) {
      errors.push(field.invalid(at(`${mode}-version`), version, 'must be "latest" or "v1.x"'));
    }
    return { level: known ?? 'restricted', version: parsed ?? 'latest' };
  };
  const policy = { enforce: read('enforce'), audit: read('audit'), warn: read('warn') };
  // Who refuses Pods warns of templates that will make such, unless told otherwise.
  const says = (label: string) => labels?.[prefix + label] !== undefined;
  const isKnown = (level: string | undefined) => levels.some((known) => known === level);
  if (!says('warn') && isKnown(labels?.[`${prefix}enforce`]) && isStricter(policy.enforce.level, policy.warn.level)) {
    policy.warn.level = policy.enforce.level;
  }
  if (!says('warn-version') && says('enforce-version')) policy.warn.version = policy.enforce.version;
  return { policy, errors };
}

/** The newest minor version of the standards that this server knows. */
const current = 35;

function parseVersion(text: string): Version | undefined {
  if (text === 'latest') return 'latest';
  const minor = /^v1\.(0|[1-9]\d*)$/.exec(text)?.[1];
  return minor === undefined ? undefined : Number(minor);
}

/** `restricted:latest` */
export function formatLevel({ level, version }: LevelVersion): string {
  return `${level}:${version === 'latest' ? version : `v1.${version}`}`;
}

/** The minor version whose checks apply. */
export function minorOf(version: Version): number {
  return version === 'latest' ? current : Math.min(version, current);
}

/** Whether `a` forbids more than `b`. */
export function isStricter(a: Level, b: Level): boolean {
  return levels.indexOf(a) > levels.indexOf(b);
}
