/** kind's own names of its steps, and ours. */
const steps: readonly [RegExp, string][] = [
  [/Ensuring node image \((.+?)\)/, 'node image $1'],
  [/Preparing nodes/, 'node containers'],
  [/Configuring the external load balancer/, 'load balancer'],
  [/Writing configuration/, 'configuration'],
  [/Starting control-plane/, 'control plane'],
  [/Installing CNI/, 'network (CNI)'],
  [/Installing StorageClass/, 'storage'],
  [/Joining (more control-plane|worker) nodes/, 'joining the other nodes'],
  [/Waiting .*control-plane = Ready/, 'waiting until the control plane is ready'],
];

/** The step that a line of `kind create cluster` begins; undefined for any other line. */
export function stepOf(line: string): string | undefined {
  if (!/^\s*•/.test(line)) return undefined;
  for (const [pattern, text] of steps) {
    const match = pattern.exec(line);
    if (match) return text.replace('$1', match[1] ?? '');
  }
  return undefined;
}
