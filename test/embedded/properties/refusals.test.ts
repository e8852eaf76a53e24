/** Requests that make no sense are refused as a real server refuses them. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTarget, type Target } from '../../../scripts/conformance/cluster.ts';
import { containers } from '../../../scripts/conformance/serve.ts';
import { type Refusal, recordRefusals } from '../../../scripts/record/refusals.ts';
import { openAs } from '../../../scripts/record/server.ts';

const file = new URL('../../../fixtures/kubernetes/refusals/recorded.jsonl', import.meta.url);
const recorded = readFileSync(file, 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Refusal)
  // Node's HTTP parser knows the methods of RFCs only.
  .filter(({ request }) => request.method !== 'FOO');

const shown = ({ request, ...answer }: Refusal) =>
  `${request.method} ${request.path} ${request.body ?? ''} -> ${JSON.stringify(answer)}`;

let target: Target;
let answered: Refusal[];
beforeAll(async () => {
  target = await startTarget({ controllers: true, runtime: await containers() });
  const { certificate, key } = target.people.admin ?? { certificate: '', key: '' };
  const ask = openAs(target.url, { ca: target.ca, cert: certificate, key });
  answered = await recordRefusals(
    ask,
    recorded.map(({ request }) => request),
  );
}, 120_000);
afterAll(() => target.close());

describe('requests that make no sense', () => {
  it('never end in a fault that a real server has not', () => {
    const faults = answered.filter(({ status }, i) => status >= 500 && (recorded[i]?.status ?? 0) < 500);
    expect(faults.map(shown)).toEqual([]);
  });

  it('get the status that a real server gives them', () => {
    const others = answered.filter(({ status }, i) => status !== recorded[i]?.status).map(shown);
    expect(others.length, others.join('\n')).toBeLessThanOrEqual(recorded.length / 100);
  });

  it('get its words', () => {
    const others = answered.filter((one, i) => JSON.stringify(one) !== JSON.stringify(recorded[i])).map(shown);
    expect(others.length, others.join('\n')).toBeLessThanOrEqual(recorded.length / 20);
  });
});
