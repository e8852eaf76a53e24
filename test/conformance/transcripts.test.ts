import { expect, it } from 'vitest';
import { replayTranscripts } from '../../scripts/conformance/transcripts/index.ts';
import { recordedKubectl } from '../../scripts/conformance/transcripts/kubectl.ts';
import { oneOf } from '../helpers/share.ts';

it('shows what a real cluster showed in 97 of 100 lines that a learner typed', {
  timeout: 600_000,
}, async () => {
  const kubectl = await recordedKubectl();
  const reports = await replayTranscripts({ kubectl, every: oneOf(6), jobs: 6 });
  const sum = (pick: (report: (typeof reports)[number]) => number) => reports.reduce((all, r) => all + pick(r), 0);
  const missed = reports.flatMap(({ topic, steps }) =>
    steps.filter(({ match }) => !match).map(({ run, difference }) => `${topic}: $ ${run}\n${difference}`),
  );
  expect(sum((r) => r.matched) / sum((r) => r.total), missed.join('\n').slice(0, 10_000)).toBeGreaterThanOrEqual(0.97);
});
