import { describe, expect, it } from 'vitest';
import { difference } from '../../scripts/conformance/transcripts/compare.ts';

const recorded = { nodes: ['truth-control-plane'], server: 'https://127.0.0.1:36529' };
const here = { nodes: ['lab-control-plane'], server: 'https://127.0.0.1:7777' };
const compare = (out: string, got: string, run = 'kubectl get pods') =>
  difference({ run, out }, { out: got, err: '', code: 0 }, recorded, here);

describe('a step', () => {
  it('agrees where only names, ages and widths differ', () => {
    const out = 'NAME                   READY   AGE   NODE\nweb-58fd5479f-hfghr    1/1     18s   truth-control-plane\n';
    const got = 'NAME                  READY   AGE     NODE\nweb-68fd5479f-2qwtz   1/1     2m3s    lab-control-plane\n';
    expect(compare(out, got)).toBeUndefined();
  });

  it('differs where a state does', () => {
    const table = (ready: string) => `NAME                   READY   AGE\nweb-58fd5479f-hfghr    ${ready}     18s\n`;
    expect(compare(table('1/1'), table('0/1'))).toContain('stdout line 2');
  });

  it('differs where one name became two', () => {
    const line = (a: string, b: string) => `from 10.244.0.${a} to 10.244.0.${b}\n`;
    expect(compare(line('5', '5'), line('7', '7'))).toBeUndefined();
    expect(compare(line('5', '5'), line('7', '8'))).toContain('stdout line 1');
  });

  it('takes lines with generated names in any order', () => {
    const lines = (...names: string[]) => names.map((name) => `pod/web-${name}\n`).join('');
    expect(compare(lines('hfghr', '2qwtz'), lines('zzzzz', 'bbbbb'))).toBeUndefined();
  });

  it('takes anything for the rest that is not representative', () => {
    expect(compare('Image ID: <<*>>\n', 'Image ID: sha256:1234\n')).toBeUndefined();
  });

  it('differs in its exit code', () => {
    expect(difference({ run: 'x', code: 1 }, { out: '', err: '', code: 0 }, recorded, here)).toContain('exit code 1');
  });
});
