import { describe, expect, it } from 'vitest';
import { escapeFieldValue, matchesFields, parseFieldSelector } from '../../src/kube/field-selectors.ts';
import {
  formatLabelSelector,
  formatRequirements,
  labelSelectorRequirements,
  matchesLabels,
  parseLabelSelector,
  selectorMatches,
} from '../../src/kube/selectors.ts';

describe('parseLabelSelector', () => {
  const objects: Record<string, Record<string, string>> = {
    c0: { app: 'web', env: 'prod' },
    c1: { app: 'web', env: 'dev' },
    c2: { app: 'db', env: 'prod' },
    c3: {},
    c4: { app: 'web', env: 'qa', n: '4' },
  };
  // Selectors and answers as recorded from a real API server.
  it.each([
    ['app=web', 'c0 c1 c4'],
    ['app==web', 'c0 c1 c4'],
    ['app!=web', 'c2 c3'],
    ['app in (web,db)', 'c0 c1 c2 c4'],
    ['app notin (web)', 'c2 c3'],
    ['env', 'c0 c1 c2 c4'],
    ['!env', 'c3'],
    ['app=web,env=prod', 'c0'],
    ['app in (web),env notin (qa,dev)', 'c0'],
    ['', 'c0 c1 c2 c3 c4'],
    ['env=', ''],
    ['x>1', ''],
    ['n<5', 'c4'],
    ['n>4', ''],
    ['app in ()', ''],
  ])('%s', (selector, names) => {
    const requirements = parseLabelSelector(selector);
    const selected = Object.keys(objects).filter((name) => matchesLabels(requirements, objects[name]));
    expect(selected.join(' ')).toBe(names);
  });

  const key =
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
  it.each([
    ['a b', "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
    ['app=web,', "found '', expected: identifier after ','"],
    ['app in web', "unable to parse requirement: found 'web' expected: '('"],
    ['=x', "found '=', expected: !, identifier, or 'end of string'"],
    ['app=a=b', "found '=', expected: ',' or 'end of string'"],
    ['!', "unable to parse requirement: found '', expected: identifier"],
    [
      'app>x',
      "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer",
    ],
    [
      'a/b/c=d',
      `unable to parse requirement: <nil>: Invalid value: "a/b/c": a valid label key ${key} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ],
    ['%', `unable to parse requirement: <nil>: Invalid value: "%": name part ${key}`],
    [
      'app=-bad-',
      "unable to parse requirement: values[0][app]: Invalid value: \"-bad-\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
    ],
  ])('refuses %s as the server does', (selector, message) => {
    expect(() => parseLabelSelector(selector)).toThrow(expect.objectContaining({ message }));
  });

  it('takes in and notin for words where a key or a value stands', () => {
    expect(parseLabelSelector('in in (notin)')).toEqual([{ key: 'in', operator: 'in', values: ['notin'] }]);
  });

  it('prints what it read, sorted by key', () => {
    expect(formatRequirements(parseLabelSelector('b notin (y,x,y),!c, a==1 ,d>2,e,f in (,g)'))).toBe(
      'a==1,b notin (x,y),!c,d>2,e,f in (,g)',
    );
  });
});

describe('LabelSelector objects', () => {
  const selector = {
    matchLabels: { app: 'web' },
    matchExpressions: [
      { key: 'tier', operator: 'In', values: ['b', 'a'] },
      { key: 'old', operator: 'DoesNotExist' },
    ],
  };

  it('match as their parts do', () => {
    expect(selectorMatches(selector, { app: 'web', tier: 'a' })).toBe(true);
    expect(selectorMatches(selector, { app: 'web', tier: 'a', old: '' })).toBe(false);
    expect(selectorMatches({}, { any: 'thing' })).toBe(true);
    expect(selectorMatches(undefined, {})).toBe(false);
  });

  it('read as text', () => {
    expect(formatLabelSelector(selector)).toBe('app=web,!old,tier in (a,b)');
    expect([formatLabelSelector(null), formatLabelSelector({})]).toEqual(['<none>', '<none>']);
    expect(formatLabelSelector({ matchExpressions: [{ key: 'a', operator: 'Near' }] })).toBe('<error>');
  });

  it('refuse unknown operators and empty values', () => {
    expect(() => labelSelectorRequirements({ matchExpressions: [{ key: 'a', operator: 'Near' }] })).toThrow(
      '"Near" is not a valid label selector operator',
    );
    expect(() => labelSelectorRequirements({ matchExpressions: [{ key: 'a', operator: 'In' }] })).toThrow(
      "for 'in', 'notin' operators, values set can't be empty",
    );
  });
});

describe('parseFieldSelector', () => {
  it('reads terms, both signs of equality and escapes', () => {
    expect(parseFieldSelector('status.phase!=Running,metadata.name==a\\,b\\=c,')).toEqual([
      { field: 'metadata.name', operator: '=', value: 'a,b=c' },
      { field: 'status.phase', operator: '!=', value: 'Running' },
    ]);
    const odd = 'a\\b,c=d';
    expect(parseFieldSelector(`x=${escapeFieldValue(odd)}`)[0]?.value).toBe(odd);
  });

  it('refuses what has no sign, and stray signs', () => {
    expect(() => parseFieldSelector('bad')).toThrow("invalid selector: 'bad'; can't understand 'bad'");
    expect(() => parseFieldSelector('a=b=c')).toThrow('invalid field selector: unescaped character in value: 61');
    expect(() => parseFieldSelector('a=\\x')).toThrow('invalid field selector: invalid escape sequence: \\x');
  });

  it('matches when every term does', () => {
    const terms = parseFieldSelector('metadata.name=x,status.phase!=Running');
    const read = (fields: Record<string, string>) => (field: string) => fields[field] ?? '';
    expect(matchesFields(terms, read({ 'metadata.name': 'x' }))).toBe(true);
    expect(matchesFields(terms, read({ 'metadata.name': 'x', 'status.phase': 'Running' }))).toBe(false);
  });
});
