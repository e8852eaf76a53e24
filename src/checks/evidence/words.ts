import type { Stored } from '../../kube/meta.ts';
import { readable } from '../../kube/readable.ts';

/** A fact may quote this much of a message. */
const longest = 180;

/** The beginning of a message on one line. */
export function clip(text: string, length = longest): string {
  const line = readable(text).replace(/\s+/g, ' ').trim();
  return line.length > length ? `${line.slice(0, length - 1)}…` : line;
}

/** What of a message must stand in a command's output: its beginning. */
export function quote(text: string): string {
  return readable(text).replace(/\s+/g, ' ').trim().slice(0, 80).trim();
}

/** Credentials as programs log them. */
const secrets = [/\beyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?/g, /(?<=\bBearer )\S+/gi, /(?<=:\/\/[^\s:@/]+:)[^\s@/]+(?=@)/g];

/** What is readable of a text, without tokens and passwords. */
export function redact(text: string): string {
  return secrets.reduce((rest, pattern) => rest.replaceAll(pattern, '<hidden>'), readable(text));
}

/** `kubectl get pod web -n shop`, with what else stands behind it. */
export function getCommand(kind: string, object: Stored, ...more: string[]): string {
  return command('get', kind, object, more);
}

export function describeCommand(kind: string, object: Stored): string {
  return command('describe', kind, object, []);
}

/** The Events about an object. */
export function eventsCommand(kind: string, object: Stored): string {
  const { namespace = 'default', name } = object.metadata;
  return `kubectl events -n ${namespace} --for ${kind}/${name}`;
}

function command(verb: string, kind: string, { metadata }: Stored, more: string[]): string {
  const where = metadata.namespace ? [`-n ${metadata.namespace}`] : [];
  return [`kubectl ${verb} ${kind} ${metadata.name}`, ...where, ...more].join(' ');
}

/** `a`, `a and b`, `a, b and c`; of more than `most` the rest as a number. */
export function listed(items: readonly string[], most = 3): string {
  const shown = items.length > most ? [...items.slice(0, most), `${items.length - most} more`] : [...items];
  const last = shown.pop() ?? 'none';
  return shown.length > 0 ? `${shown.join(', ')} and ${last}` : last;
}

/** `1 time`, `3 times`. */
export function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}
