import { traceEvidence } from '../checks/evidence/trace.ts';
import type { Evidence, Outcome } from '../checks/types.ts';
import type { Clock } from '../kernel/clock.ts';
import type { KubeClient } from '../kube/client.ts';
import { EvidenceReader } from './evidence-reader.ts';
import type { Verdict } from './types.ts';

/** A verdict with the chain of evidence from what its check saw to the cause, as the cluster is read now. */
export async function explainVerdict(
  verdict: Verdict,
  outcome: Outcome | undefined,
  client: KubeClient,
  clock: Clock,
): Promise<Verdict> {
  if (verdict.status === 'pass' || !outcome?.suspects) return verdict;
  const reader = new EvidenceReader(client, clock);
  let chain: Evidence[];
  try {
    chain = await traceEvidence(outcome.suspects, reader, clock.now());
  } catch (error) {
    const text = `the cluster cannot be asked: ${(error as Error).message}`;
    chain = [{ kind: 'missing', text }];
  } finally {
    reader.stop();
  }
  const reported = new Set(verdict.evidence.map((e) => e.text));
  return { ...verdict, evidence: [...verdict.evidence, ...chain.filter((e) => !reported.has(e.text))] };
}
