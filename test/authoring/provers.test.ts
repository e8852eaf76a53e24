import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import type { ProofOrder } from '../../src/authoring/proof.ts';
import { startProverProcesses } from '../../src/authoring/provers.ts';
import { EnvironmentError } from '../../src/kernel/errors.ts';
import { temporaryFolder } from '../helpers/temporary.ts';

const order = (scenario: string): ProofOrder => ({
  number: 1,
  pack: { folder: '/packs/mine', builtIn: false },
  scenario,
  seed: 0,
  work: { kind: 'untouched' },
});

/** Processes whose prover runs this body of `prove(order, { signal, prepared })`. */
function processes(body: string, count = 1) {
  const file = join(temporaryFolder(), 'prover.mjs');
  const served = pathToFileURL(join(import.meta.dirname, '../../src/authoring/provers.ts'));
  writeFileSync(
    file,
    `import { serveProver } from ${JSON.stringify(served.href)};
     await serveProver({ async prove(order, { signal, prepared }) { ${body} } });
     process.exit(0);`,
  );
  const started = startProverProcesses([process.execPath, file], count);
  onTestFinished(() => started.stop());
  return started;
}

it('has proofs made by other processes, and hears when one is prepared', async () => {
  const { provers, stop } = processes(
    'prepared(); return { proof: { problems: [String(process.pid), order.scenario] } };',
    2,
  );
  let prepared = 0;
  const context = { signal: new AbortController().signal, prepared: () => prepared++ };
  const outcomes = await Promise.all(provers.map((prover, index) => prover.prove(order(`s${index}`), context)));
  expect(outcomes.map(({ proof }) => proof.problems[1])).toEqual(['s0', 's1']);
  expect(new Set(outcomes.map(({ proof }) => proof.problems[0])).size).toBe(2);
  expect(prepared).toBe(2);
  await stop();
});

it('gives a proof up when asked to, and ends with what was asked', async () => {
  const given = new AbortController();
  const { provers } = processes(
    "prepared(); await new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('left'))));",
  );
  const why = new Error('interrupted');
  const proving = provers[0]?.prove(order('s'), { signal: given.signal, prepared: () => given.abort(why) });
  await expect(proving).rejects.toBe(why);
});

it('says so when such a process is gone', async () => {
  const { provers } = processes('process.exit(7);');
  const lost = provers[0]?.prove(order('s'), { signal: new AbortController().signal, prepared: () => undefined });
  await expect(lost).rejects.toThrow(EnvironmentError);
  await expect(lost).rejects.toMatchObject({
    text: { what: 'a process that proves scenarios is gone', why: 'it ended with exit code 7', next: 'try again' },
  });
});

it('says so when there is none to start', async () => {
  const { provers, stop } = startProverProcesses(['/no/such/program'], 1);
  const lost = provers[0]?.prove(order('s'), { signal: new AbortController().signal, prepared: () => undefined });
  await expect(lost).rejects.toMatchObject({ text: { why: expect.stringContaining('ENOENT') } });
  await stop();
});
