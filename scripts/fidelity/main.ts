// The same learner scripts on a kind cluster and on embedded ones; what every command shows is compared.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { KindProvider } from '../../src/cluster/kind/provider.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { recordedKubectl } from '../conformance/transcripts/kubectl.ts';
import { type Comparison, compareScript } from './compare.ts';
import { type LearnerScript, readScripts } from './script.ts';
import { rateOf, writeSection } from './section.ts';

const root = join(import.meta.dirname, '..', '..');
/** More than this share of the commands may not differ, per cent. */
const bar = 2;

const { values } = parseArgs({
  options: { only: { type: 'string' }, write: { type: 'boolean', default: false } },
});

// Timers of ours do not keep the process alive.
const busy = setInterval(() => undefined, 60_000);
const interrupted = new AbortController();
process.once('SIGINT', () => interrupted.abort(new Error('interrupted')));
try {
  process.exitCode = await main(interrupted.signal);
} finally {
  clearInterval(busy);
}

async function main(signal: AbortSignal): Promise<number> {
  const scripts = await readScripts(
    join(root, 'fixtures', 'learner'),
    values.only ? new RegExp(values.only) : undefined,
  );
  const kubectl = await recordedKubectl(console.error);
  const comparisons = await onKind(signal, async (real) => {
    const all: Comparison[] = [];
    for (const script of scripts) {
      signal.throwIfAborted();
      const done = await compareScript(script, real, kubectl);
      report(script, done);
      all.push(...done);
    }
    return all;
  });
  const differing = comparisons.filter((c) => c.difference !== undefined);
  const unexplained = differing.filter(({ step }) => step.differs === undefined);
  const rate = rateOf(comparisons);
  console.log(
    `all: ${differing.length} of ${comparisons.length} commands differ (${rate.toFixed(1)} %), ${unexplained.length} without an explanation`,
  );
  if (values.write) await writeSection(join(root, 'docs', 'fidelity.md'), scripts, comparisons);
  return rate > bar || unexplained.length > 0 ? 1 : 0;
}

/** Works on a kind cluster made for this; nothing of it stays. */
async function onKind<R>(
  signal: AbortSignal,
  work: (real: { kubeconfig: string; reset(): Promise<void> }) => Promise<R>,
): Promise<R> {
  const folder = await mkdtemp(join(tmpdir(), 'kubedrill-fidelity-'));
  const provider = new KindProvider({ folder, clock: systemClock, lasting: false });
  const nodeImage = process.env.KUBEDRILL_NODE_IMAGE;
  try {
    const spec = { name: 'fidelity', nodes: 1, ...(nodeImage && { nodeImage }) };
    const cluster = await provider.create(spec, console.error, signal);
    await cluster.snapshot();
    return await work({ kubeconfig: await readFile(cluster.kubeconfig, 'utf8'), reset: () => cluster.reset() });
  } finally {
    await provider.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

function report({ topic, steps }: LearnerScript, comparisons: readonly Comparison[]): void {
  const differing = comparisons.filter((c) => c.difference !== undefined);
  console.log(`${topic}: ${differing.length} of ${steps.length} commands differ`);
  for (const { step, difference } of differing) {
    console.log(`   $ ${step.run}\n     ${difference}${step.differs ? `\n     explained: ${step.differs}` : ''}`);
  }
  for (const { step, difference } of comparisons) {
    if (step.differs && difference === undefined) console.log(`   $ ${step.run}\n     does not differ any more`);
  }
}
