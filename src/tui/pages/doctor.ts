import type { Diagnosis } from '../../cluster/provider.ts';
import { fitTo, printableLine, widthOf } from '../../present/width.ts';
import type { Page, PageItem } from './page.ts';

/** What works on this machine, and how to mend what does not. */
export const doctorPage: Page = {
  title: 'Doctor',
  rows({ findings }) {
    if (!findings) return [{ text: 'looking …', token: 'muted' }];
    const width = Math.max(...findings.map(({ subject }) => widthOf(printableLine(subject))));
    return findings.map((finding, index) => findingItem(finding, index, width));
  },
};

function findingItem(finding: Diagnosis, index: number, width: number): PageItem {
  const { subject, ok, text, onlyFor, fix } = finding;
  const [symbol, word, token] = ok
    ? (['✔', '', 'good'] as const)
    : onlyFor
      ? (['–', `only for ${printableLine(onlyFor)}`, 'warn'] as const)
      : (['✘', 'to mend', 'bad'] as const);
  return {
    key: `${index} ${subject}`,
    left: `${symbol} ${fitTo(printableLine(subject), width)}  ${printableLine(text)}`,
    right: word,
    token,
    about: [printableLine(text), ok || !fix ? '' : `what to do: ${printableLine(fix)}`],
  };
}
