import { describe, expect, it } from 'vitest';
import { fileAnswer } from '../../src/checks/answers/file-answer.ts';
import { swan } from '../helpers/fake-view.ts';
import { judge } from '../helpers/judge.ts';

const read = (spec: object, text: string | undefined, objects = swan()) =>
  judge(fileAnswer, { file: 'a.txt', ...spec }, { objects, answers: text === undefined ? {} : { 'a.txt': text } });
const accounts = { cluster: { kind: 'serviceaccounts', namespace: 'project-swan', path: 'metadata.name' } };

describe('fileAnswer', () => {
  it.each([
    ['the whole answer', { equals: 'api-client' }, 'api-client\n'],
    [
      'an answer in several lines, space and line ends of Windows aside',
      { equals: 'a b\nc' },
      '\uFEFF a   b\r\n\r\nc \r\n',
    ],
    ['a line that matches', { matches: '^kubectl get pods\\b.*-A' }, '# so\nkubectl get pods -o wide -A\n'],
    ['lines in any order', { lines: ['a', 'b'] }, 'b\na'],
    ['a number', { number: { is: 3 } }, '3\n'],
    ['a number that is near', { number: { is: 100, within: 5 } }, '104'],
    ['lines that the cluster has', accounts, 'pod-lister\ndefault\n'],
  ])('takes %s', async (_, spec, text) => {
    expect(await read(spec, text)).toMatchObject({ status: 'pass' });
  });

  it.each([
    ['no file', { equals: 'a' }, undefined, 'there is no file a.txt in the answers folder'],
    ['an empty file', { equals: 'a' }, ' \n', 'a.txt is empty'],
    ['another answer', { equals: 'a' }, 'b', 'a.txt holds something else'],
    ['the answer among others', { equals: 'a' }, 'a\nb', '1 of the 2 lines in a.txt is right'],
    ['no line that matches', { matches: '^x$' }, 'xy\nzx', 'no line of a.txt is what was asked for'],
    ['all lines there could be', { lines: ['a'] }, 'a\nb', '1 of the 2 lines in a.txt is right'],
    ['too few lines', { lines: ['a', 'b', 'c'] }, 'a', '1 of the 1 line in a.txt is right, and more was asked for'],
    ['a line twice', { lines: ['a', 'b'] }, 'a\nb\na', '2 of the 3 lines in a.txt are right'],
    ['another order', { lines: ['a', 'b'], ordered: true }, 'b\na', 'the lines of a.txt are in another order'],
    ['another number', { number: { is: 3 } }, '4', 'a.txt holds another number'],
    ['no number', { number: { is: 0 } }, 'none', 'a.txt holds no number'],
    ['what the cluster does not have', accounts, 'default\nghost', '1 of the 2 lines in a.txt is right'],
  ])('does not take %s', async (_, spec, text, why) => {
    expect(await read(spec, text)).toMatchObject({ status: 'fail', why });
  });

  it('does not pass on nothing where the cluster has nothing', async () => {
    expect(await read(accounts, 'x', '')).toMatchObject({
      status: 'fail',
      why: 'the cluster has nothing that the answer could be about',
    });
  });

  it('reads the cluster as it was after set-up if asked', async () => {
    const spec = { file: 'a.txt', cluster: { ...accounts.cluster, at: 'setup' } };
    const found = await judge(fileAnswer, spec, {
      objects: '',
      baseline: swan(),
      answers: { 'a.txt': 'default\npod-lister' },
    });
    expect(found).toMatchObject({ status: 'pass' });
  });

  it('takes only paths inside of the folder, and one way to judge', () => {
    const fits = (spec: object) => fileAnswer.schema.safeParse(spec).success;
    for (const file of ['../a', '/etc/passwd', 'a/../../b', './a', 'a//b', '~/a', 'a\\b', '.hidden', 'a/'])
      expect(fits({ file, equals: 'x' }), file).toBe(false);
    expect(fits({ file: 'one/two.txt', equals: 'x' })).toBe(true);
    expect(fits({ file: 'a' })).toBe(false);
    expect(fits({ file: 'a', equals: 'x', matches: 'x' })).toBe(false);
  });
});
