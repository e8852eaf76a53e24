import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { repairKubeconfig } from '../../src/kube/kubeconfig.ts';

const own = `apiVersion: v1
kind: Config
clusters:
- cluster:
    certificate-authority-data: Q0E=
    server: https://127.0.0.1:6443
  name: lab
contexts:
- context:
    cluster: lab
    user: lab
  name: lab
current-context: lab
preferences: {}
users:
- name: lab
  user:
    client-certificate-data: Q0VSVA==
    client-key-data: S0VZ
`;

/** As the learner left it: of another namespace, with entries of their own. */
const mine = own
  .replace('    user: lab\n', '    namespace: swan\n    user: lab\n')
  .replace('current-context: lab', 'current-context: two')
  .replace('contexts:\n', 'contexts:\n- context:\n    cluster: elsewhere\n    user: jane\n  name: two\n')
  .replace('users:\n', 'users:\n- name: jane # of the exam\n  user:\n    token: t\n')
  .replace('clusters:\n', 'clusters:\n- cluster:\n    server: https://192.0.2.1\n  name: elsewhere\n')
  .replace('preferences: {}', 'preferences:\n  colors: true');

describe('a kubeconfig', () => {
  it("is left alone while it leads to its cluster, whatever else is the learner's", () => {
    for (const text of [own, mine, JSON.stringify(parse(mine))]) expect(repairKubeconfig(text, own)).toBeUndefined();
  });

  it.each([
    [
      'another server',
      (text: string) => text.replace('https://127.0.0.1:6443', 'https://192.0.2.7'),
      /^put back server/,
    ],
    ['another CA', (text: string) => text.replace('Q0E=', 'T1RIRVI='), /certificate-authority-data of the cluster lab/],
    [
      'no CA at all',
      (text: string) => text.replace(/ +certificate-authority-data.*\n/, ''),
      /certificate-authority-data/,
    ],
    [
      'a proxy',
      (text: string) => text.replace('6443\n', '6443\n    proxy-url: http://x\n'),
      /proxy-url of the cluster/,
    ],
    ['other credentials', (text: string) => text.replace('S0VZ', 'T1RIRVI='), /client-key-data of the user lab/],
    ['a token beside the certificate', (text: string) => `${text}    token: t\n`, /token of the user lab/],
    ['no user', (text: string) => text.slice(0, text.indexOf('- name: lab\n')), /the user lab/],
  ])('with %s gets that back and nothing else, formatted as it was', (_, change, what) => {
    const changed = change(mine);
    expect(changed).not.toBe(mine);
    const repair = repairKubeconfig(changed, own);
    expect(repair?.what).toMatch(what);
    expect(repair?.replaced).toBe(false);
    expect(parse(repair?.text ?? '')).toEqual(parse(mine));
    expect(repair?.text).toContain('# of the exam');
    expect(repair?.text).toContain('\n- cluster:\n');
    expect(repairKubeconfig(repair?.text, own)).toBeUndefined();
  });

  it('keeps impersonation, and a context that was renamed', () => {
    const text = `${own.replace('  name: lab\ncurrent-context: lab', '  name: mine\ncurrent-context: mine')}    as: jane\n`;
    expect(parse(text)).toMatchObject({ users: [{ user: { as: 'jane' } }], contexts: [{ name: 'mine' }] });
    expect(repairKubeconfig(text, own)).toBeUndefined();
  });

  it('gets a context only if none leads to the cluster, and keeps the current one', () => {
    const text = 'current-context: other\ncontexts:\n- context:\n    cluster: other\n  name: other\n';
    const repair = repairKubeconfig(text, own);
    expect(repair?.what).toBe('put back the cluster lab, the user lab, the context lab; the rest is as you left it');
    expect(parse(repair?.text ?? '')).toMatchObject({
      'current-context': 'other',
      contexts: [{ name: 'other' }, { name: 'lab', context: { cluster: 'lab', user: 'lab' } }],
    });
  });

  it.each([
    [undefined, 'it was not there'],
    ['', 'it was empty'],
    ['clusters: [', 'it could not be read ('],
    ['just words', 'it was no kubeconfig'],
    ['users: nobody', 'it was no kubeconfig (users is no list of entries)'],
  ])('that says %j is written anew', (text, why) => {
    expect(repairKubeconfig(text, own)).toMatchObject({
      text: own,
      replaced: true,
      what: expect.stringContaining(why),
    });
  });
});
