import { describe, expect, it } from 'vitest';
import {
  checksText,
  clockText,
  explainText,
  type Paint,
  scoreText,
  tableText,
  verdictLines,
} from '../../src/present/text.ts';
import { forbiddenVerdicts, labState, solvedState, verdict } from '../tui/fixtures.ts';

const plain: Paint = (_, text) => text;

describe('clockText', () => {
  it('shows minutes and seconds, and hours only when there are any', () => {
    expect([0, 59_999, 372_000, 3_723_000].map(clockText)).toEqual(['00:00', '00:59', '06:12', '1:02:03']);
  });
});

describe('verdictLines', () => {
  it('tells expected, actual and why of what fails, in aligned columns', () => {
    expect(verdictLines(verdict('a', 'fail', { why: 'nobody bound it' }), plain)).toEqual([
      '✘ Title of a  20',
      '    expected  what a expects',
      '    actual    what a is',
      '    why       nobody bound it',
    ]);
  });

  it('is one line for what passes', () => {
    expect(verdictLines(verdict('a', 'pass'), plain)).toEqual(['✔ Title of a  20']);
  });

  it('does not say the same thing twice', () => {
    expect(verdictLines(verdict('a', 'error', { why: 'what a is' }), plain)).toHaveLength(3);
  });

  it('lets no escape sequence of a cluster through', () => {
    const lines = verdictLines(verdict('a', 'fail', { actual: '\u001b[2Jgone\u0007\ttab' }), plain);
    expect(lines[2]).toBe('    actual    ␛[2Jgone␇  tab');
  });
});

describe('scoreText', () => {
  it('names what help took', () => {
    expect(scoreText(labState({ score: 35, hints: { taken: [], paid: 5, total: 3 } }))).toBe('35 of 100 (help cost 5)');
    expect(scoreText(labState({ score: 40 }))).toBe('40 of 100');
  });
});

describe('checksText', () => {
  it('ends with the score, and says when it is solved', () => {
    expect(checksText(labState(), plain).split('\n').at(-1)).toBe('0 of 100');
    expect(checksText(solvedState(), plain).split('\n').at(-1)).toBe('solved: 100 of 100');
  });
});

describe('explainText', () => {
  it('shows the chain from the log line to the command that would show the cause', () => {
    const [first = verdict('none', 'pass')] = forbiddenVerdicts;
    const labels = explainText(first, plain)
      .split('\n')
      .slice(5)
      .map((line) => line.trim().split(' ')[0]);
    expect(labels).toEqual(['log', 'review', 'cause', 'look']);
  });

  it('goes on with its commands behind a backslash where they are wider than a pane', () => {
    const evidence = [{ kind: 'command', text: 'kubectl auth can-i list pods -n project-swan' }] as const;
    const lines = explainText({ ...verdict('none', 'fail'), evidence: [...evidence] }, plain, 40).split('\n');
    expect(lines.slice(-2)).toEqual(['  look    kubectl auth can-i list pods \\', '            -n project-swan']);
    const long = `https://example.com/${'a'.repeat(30)}`;
    const whole = explainText(
      { ...verdict('none', 'fail'), evidence: [{ kind: 'command', text: `curl ${long}` }] },
      plain,
      30,
    );
    expect(whole.split('\n').slice(-3)).toEqual(['  look    curl \\', `  ${long.slice(0, 28)}`, long.slice(28)]);
  });
});

describe('tableText', () => {
  it('pads by what a cell takes on the screen', () => {
    const rows = [
      ['NAME', 'SCORE'],
      ['\u001b[31mred\u001b[39m', '1'],
      ['日本語', '2'],
    ];
    expect(tableText(rows, [0])).toBe('NAME    SCORE\n\u001b[31mred\u001b[39m     1\n日本語  2');
  });
});
