import { isSysError } from '../kernel/errno.ts';
import type { Process } from '../kernel/process.ts';
import { hasGlob, matchesPattern } from './pattern.ts';

/** The names of files that match a pattern, sorted; none if nothing matches. */
export function expandPathname(p: Process, pattern: string): string[] {
  const absolute = pattern.startsWith('/');
  const segments = pattern.split('/').filter((s) => s !== '');
  let found: string[] = [absolute ? '/' : ''];
  segments.forEach((segment, i) => {
    const last = i === segments.length - 1;
    found = found.flatMap((base) => matchSegment(p, base, segment, last));
  });
  if (pattern.endsWith('/') && segments.length > 0) {
    found = found.filter((name) => p.vfs.find(p, name)?.node.kind === 'dir').map((name) => `${name}/`);
  }
  return found.sort();
}

function matchSegment(p: Process, base: string, segment: string, last: boolean): string[] {
  const join = (name: string) => (base === '' || base.endsWith('/') ? base + name : `${base}/${name}`);
  if (!hasGlob(segment)) {
    const name = join(segment.replace(/\\(.)/g, '$1'));
    // In the middle of a pattern only what exists leads on.
    return p.vfs.find(p, name, !last) ? [name] : [];
  }
  try {
    const names = p.vfs.readdir(p, base === '' ? '.' : base);
    const hidden = segment.startsWith('.') || segment.startsWith('\\.');
    const candidates = hidden ? ['.', '..', ...names] : names.filter((n) => !n.startsWith('.'));
    return candidates.filter((n) => matchesPattern(n, segment)).map(join);
  } catch (error) {
    if (isSysError(error)) return [];
    throw error;
  }
}
