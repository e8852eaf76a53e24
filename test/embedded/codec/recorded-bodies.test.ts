import { describe, expect, it } from 'vitest';
import { readRecording, recordedTopics } from '../../../scripts/conformance/recordings.ts';
import { type DecodeTarget, decodeBody, kindTarget } from '../../../src/embedded/codec/decode.ts';
import { findFacts } from '../../../src/embedded/codec/facts.ts';
import { isApiError } from '../../../src/embedded/errors/status.ts';

interface Exchange {
  name: string;
  method: string;
  path: string;
  query: Record<string, string>;
  headers: Record<string, string>;
  body?: unknown;
  bodyText?: string;
  status: number;
  responseHeaders: { Warning?: string[] };
  response?: { kind?: string; message?: string };
}

const decodeErrors =
  /cannot be handled as|the object provided is unrecognized|does not match the expected API version|unknown format/;

/** The target of a POST or PUT to a built-in resource. */
function targetOf(path: string): DecodeTarget | undefined {
  const match =
    /^\/(?:api|apis\/([^/]+))\/([^/]+)\/(?:namespaces\/[^/]+\/(?=[^/]))?([a-z]+)(?:\/[^/]+(?:\/([a-z]+))?)?$/.exec(
      path,
    );
  if (!match) return undefined;
  const [, group = '', version = '', resource = '', subresource] = match;
  const facts = findFacts(group, version, resource);
  if (!facts || facts.namespaced !== path.includes('/namespaces/')) return undefined;
  if (subresource) {
    const sub = facts.subresources[subresource];
    const other = sub?.groupVersionKind;
    return sub && kindTarget(other?.group ?? group, other?.version ?? version, other?.kind ?? facts.kind);
  }
  return { group, version, kind: facts.kind, schema: facts.schema };
}

function* exchanges(): Generator<[string, Exchange, DecodeTarget, Buffer]> {
  for (const topic of recordedTopics('exchanges')) {
    for (const line of readRecording(`exchanges/${topic}.jsonl`).trimEnd().split('\n')) {
      const exchange = JSON.parse(line) as Exchange;
      if (exchange.method !== 'POST' && exchange.method !== 'PUT') continue;
      const target = targetOf(exchange.path);
      const text = exchange.bodyText ?? (exchange.body === undefined ? undefined : JSON.stringify(exchange.body));
      if (!target || text === undefined || text.includes('{{')) continue;
      yield [`${topic} ${exchange.name}`, exchange, target, Buffer.from(text)];
    }
  }
}

const sorted = (texts: string[]) =>
  texts
    .map((text) => text.replace(/^.*strict decoding error: /, ''))
    .sort()
    .join('\n');

describe('recorded bodies', () => {
  it('are refused in the same words, and accepted with the same warnings', () => {
    const differences: string[] = [];
    let seen = 0;
    for (const [name, exchange, target, body] of exchanges()) {
      const validation = exchange.query.fieldValidation;
      if (validation === 'Bogus') continue;
      seen++;
      const { message = '' } = exchange.response ?? {};
      let got = '';
      let warnings: string[] = [];
      try {
        const type = exchange.headers['Content-Type'];
        warnings = decodeBody(body, type, target, (validation || 'Warn') as 'Warn').warnings;
      } catch (error) {
        if (!isApiError(error)) throw error;
        got = error.status.message ?? '';
      }
      const expected = [400, 415].includes(exchange.status) && decodeErrors.test(message) ? message : '';
      // The recorder sorted the keys of the bodies, so the order of findings is lost.
      if (sorted(got.split(', ')) !== sorted(expected.split(', ')))
        differences.push(`${name}\n  expected ${expected}\n  got      ${got}`);
      const fieldWarnings = (exchange.responseHeaders.Warning ?? [])
        .map((w) => JSON.parse(w.replace(/^299 - /, '')) as string)
        .filter((w) => /^(?:unknown|duplicate) field|already set in map/.test(w));
      if (exchange.status < 300 && sorted(fieldWarnings) !== sorted(warnings)) {
        differences.push(`${name}\n  expected ${fieldWarnings}\n  got      ${warnings}`);
      }
    }
    expect(seen).toBeGreaterThan(500);
    expect(differences.join('\n')).toBe('');
  });
});
