import { describe, expect, it } from 'vitest';
import { JsonSyntaxError, parseJson, plainValue } from '../../../src/embedded/codec/go-json.ts';
import { formatMicros, formatSeconds, parseTime } from '../../../src/embedded/codec/go-time.ts';
import { toTable } from '../../../src/embedded/codec/views.ts';
import { parseYaml, stringifyYaml } from '../../../src/embedded/codec/yaml.ts';
import { humanDuration, shortHumanDuration } from '../../../src/kube/duration.ts';
import type { Stored } from '../../../src/kube/meta.ts';
import { canonicalQuantity } from '../../../src/kube/quantity-text.ts';
import { recordedDefinitions, recording } from './recorded.ts';

describe('JSON', () => {
  it.each([
    ['', 'unexpected end of JSON input'],
    ['hello', "invalid character 'h' looking for beginning of value"],
    ['[1,]', "invalid character ']' looking for beginning of value"],
    ['{a:1}', "invalid character 'a' looking for beginning of object key string"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 "b"}', `invalid character '"' after object key:value pair`],
    ['[1 2]', "invalid character '2' after array element"],
    ['"a\nb"', String.raw`invalid character '\n' in string literal`],
    [String.raw`"\q"`, "invalid character 'q' in string escape code"],
    ['trux', "invalid character 'x' in literal true (expecting 'e')"],
    ['1.x', "invalid character 'x' after decimal point in numeric literal"],
    ['01', "invalid character '1' after top-level value"],
    ["'", String.raw`invalid character '\'' looking for beginning of value`],
  ])('says of %j what Go says', (text, message) => {
    expect(() => parseJson(text)).toThrow(new JsonSyntaxError(message));
  });

  it('reads what JSON.parse reads', () => {
    const text = String.raw`{"a":[1,-2.5,1e3,true,false,null,"ä\n😀\""],"b":{},"c":[],"":{"12":12345678901234567890}}`;
    expect(plainValue(parseJson(` ${text}\n`))).toEqual(JSON.parse(text));
  });
});

describe('times', () => {
  it.each([
    ['2026-02-30T00:00:00Z', 'parsing time "2026-02-30T00:00:00Z": day out of range'],
    ['2026-13-01T00:00:00Z', 'parsing time "2026-13-01T00:00:00Z": month out of range'],
    ['2026-01-01', 'parsing time "2026-01-01" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "T"'],
  ])('says of %s what Go says', (text, message) => {
    expect(() => parseTime(text, 'seconds')).toThrow(message);
  });

  it('writes UTC', () => {
    expect(formatSeconds(parseTime('2024-02-29T23:59:59.999-01:30', 'seconds'))).toBe('2024-03-01T01:29:59Z');
    expect(formatMicros(parseTime('2026-01-01T00:00:00.123456Z', 'micro'))).toBe('2026-01-01T00:00:00.123456Z');
    expect(() => parseTime('2026-01-01T00:00:00Z', 'micro')).toThrow('cannot parse "Z" as ".000000"');
  });

  it('shows durations as recorded', () => {
    const { rows } = recording<{ rows: [number, string, string][] }>('durations.json') ?? { rows: [] };
    expect(rows.length).toBeGreaterThan(20);
    for (const row of rows) expect([row[0], humanDuration(row[0]), shortHumanDuration(row[0])]).toEqual(row);
  });
});

describe('quantities', () => {
  it.each([
    ['0.5', '500m'],
    ['1000m', '1'],
    ['1024Mi', '1Gi'],
    ['1.5Gi', '1536Mi'],
    ['1e3', '1e3'],
    ['0', '0'],
    ['0.1Ki', '102400m'],
    ['1000Ki', '1000Ki'],
    ['-1500m', '-1500m'],
    ['0.0000000001', '1n'],
    ['12E', '12E'],
  ])('writes %s as %s', (text, canonical) => {
    expect(canonicalQuantity(text)).toBe(canonical);
    expect(canonicalQuantity(canonical)).toBe(canonical);
  });

  it('refuses what is none', () => {
    for (const text of ['', 'abc', '1Gb', '1 Gi']) expect(() => canonicalQuantity(text)).toThrow(/regular expression/);
    expect(() => canonicalQuantity('1i')).toThrow("unable to parse quantity's suffix");
  });
});

describe('YAML', () => {
  it('writes as the server does', () => {
    const value = {
      kind: 'Pod',
      a: { rv: '12', t: '2026-01-01T00:00:00Z', yes: 'yes', star: '*a', text: 'one\ntwo\n', n: 0.5, none: null },
      list: [{ b: 1, a: [] }, 'x: y'],
      'f:x': { '.': {}, 'k:{"name":"c"}': {} },
    };
    const text = stringifyYaml(value);
    expect(text).toBe(
      [
        'a:',
        '  "n": 0.5',
        '  none: null',
        '  rv: "12"',
        "  star: '*a'",
        '  t: "2026-01-01T00:00:00Z"',
        '  text: |',
        '    one',
        '    two',
        '  "yes": "yes"',
        'f:x:',
        '  .: {}',
        '  k:{"name":"c"}: {}',
        'kind: Pod',
        'list:',
        '- a: []',
        '  b: 1',
        "- 'x: y'",
        '',
      ].join('\n'),
    );
    expect(parseYaml(text).value).toEqual(value);
  });
});

describe('Tables', () => {
  const pods = recordedDefinitions().find((d) => d.resource === 'pods');
  if (!pods) throw new Error('no pods');
  const pod: Stored = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', uid: 'u', resourceVersion: '5', creationTimestamp: '2026-01-01T00:00:00Z' },
  };

  it('show metadata, objects or nothing beside the cells', () => {
    const rows = (includeObject?: string) => toTable(pods, [pod], { now: 0, includeObject }).rows;
    const metadata = { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: pod.metadata };
    expect(rows()).toEqual([{ cells: ['p'], object: metadata }]);
    expect(rows('')).toEqual(rows());
    expect(rows('Object')).toEqual([{ cells: ['p'], object: pod }]);
    expect(rows('None')).toEqual([{ cells: ['p'], object: null }]);
  });

  it('leave the columns out after the first event of a watch', () => {
    expect(toTable(pods, [], { now: 0, columns: false }).columnDefinitions).toBeNull();
    expect(toTable(pods, [], { now: 0 }).columnDefinitions).toHaveLength(9);
  });
});
