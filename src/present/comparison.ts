import type { Comparison } from '../session/comparison.ts';
import { clockText } from './text.ts';

/** A solved try beside the exam's time, the best one and the reference, a line each; for reports and the app. */
export function comparisonItems({ time, changes, elsewhere, costs }: Comparison): string[] {
  const { worked, exam, best } = time;
  const share = Math.round((worked / exam) * 100);
  const isBest = worked <= best;
  const { own, reference } = changes;
  return [
    `Time: ${clockText(worked)} of the ${clockText(exam)} that an exam gives (${share} %); ${
      isBest ? 'that is your best' : `your best is ${clockText(best)}`
    }`,
    `You changed: ${tallyText(own)}`,
    ...(reference ? [`The reference changes: ${tallyText(reference)}`] : []),
    ...(elsewhere.length > 0 ? [`The reference leaves alone: ${elsewhere.join(', ')}`] : []),
    ...costs.map(({ what, cost }) => `Took time: ${what}, ${clockText(cost)}`),
    'What was only looked at is not recorded.',
  ];
}

const words: Readonly<Record<string, string>> = { '+': 'new', '~': 'changed', '-': 'deleted' };

/** `3 × Role changed, 1 × Service new` */
function tallyText(tally: Readonly<Record<string, number>>): string {
  const texts = Object.entries(tally).map(([text, count]) => {
    const [change = '', kind = ''] = text.split(' ');
    return `${count} × ${kind} ${words[change] ?? change}`;
  });
  return texts.join(', ') || 'nothing that the cluster tells of';
}
