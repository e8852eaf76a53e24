/** `0-2,4`: how a list of indexes is written. */
export function formatIndexes(indexes: Iterable<number>): string {
  const sorted = [...new Set(indexes)].sort((a, b) => a - b);
  const parts: string[] = [];
  for (let i = 0; i < sorted.length; ) {
    let end = i;
    while (sorted[end + 1] === (sorted[end] ?? 0) + 1) end++;
    // Two neighbours are written one by one.
    if (end - i >= 2) parts.push(`${sorted[i]}-${sorted[end]}`);
    else parts.push(...sorted.slice(i, end + 1).map(String));
    i = end + 1;
  }
  return parts.join(',');
}

/** Indexes from `completions` on (the Job was scaled down) are left out. */
export function parseIndexes(text: string | undefined, completions = Number.POSITIVE_INFINITY): Set<number> {
  const result = new Set<number>();
  for (const part of (text ?? '').split(',').filter(Boolean)) {
    const [first = 0, last = first] = part.split('-').map(Number);
    for (let i = first; i <= last && i < completions; i++) result.add(i);
  }
  return result;
}
