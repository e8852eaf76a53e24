import { traceEvidence } from '../../src/checks/evidence/trace.ts';
import type { Evidence, Suspect } from '../../src/checks/types.ts';
import { EvidenceReader } from '../../src/grading/evidence-reader.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import type { Result } from './sandbox.ts';

/** The chain of evidence behind a suspect, read from the cluster now. */
export async function chainOf(client: KubeClient, suspect: Suspect): Promise<Evidence[]> {
  const reader = new EvidenceReader(client, systemClock);
  try {
    return await traceEvidence([suspect], reader, systemClock.now());
  } finally {
    reader.stop();
  }
}

const spaces = (text: string) => text.replace(/\s+/g, ' ');

/** What a chain's commands do not show of what its facts say; and commands that do not run. A missing object is a failure that was foretold. */
export async function unproven(
  chain: readonly Evidence[],
  run: (command: string) => Promise<Result>,
): Promise<string[]> {
  const problems: string[] = [];
  for (const { kind, text, shows = [] } of chain) {
    if (kind !== 'command') continue;
    const { code, stdout, stderr } = await run(text);
    const output = spaces(stdout + stderr);
    const absent = shows.filter((words) => !output.includes(spaces(words)));
    if (absent.length > 0) problems.push(`${text} does not show ${absent.join(' / ')}, but: ${output}`);
    else if (code !== 0 && !/not found/.test(output)) problems.push(`${text} ends with ${code}: ${output}`);
  }
  return problems;
}
