import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, People } from './client.ts';
import { type Bindings, compare, fill } from './placeholders.ts';

/** One recorded request with its answer, as the recordings' README tells. */
export interface Exchange {
  name: string;
  as: string;
  method: string;
  path: string;
  query: Record<string, string | string[]>;
  headers: Record<string, string>;
  body?: unknown;
  bodyText?: string;
  bodyGenerated?: { char?: string; length?: number; approxLength?: number };
  status: number;
  responseHeaders: Record<string, string | string[]>;
  response?: { details?: { name?: string } } & Record<string, unknown>;
  responseText?: string;
  stream?: unknown[];
  varies?: string[];
  retryUntilEqual?: boolean;
  during?: { method: string; path: string; body?: unknown; contentType?: string }[];
}

/** The only account whose token stands in a body. */
export const tokenAccount = 'sa:t-authz:app';

export interface Outcome {
  differences: string[];
  bindings: Bindings;
}

/** Sends the request once and compares. The bindings that came in stay as they are. */
export async function sendOnce(
  exchange: Exchange,
  known: Bindings,
  people: People,
  jwtAccount: string,
): Promise<Outcome> {
  const bindings: Bindings = new Map(known);
  const token = JSON.stringify([exchange.body, exchange.bodyText]).includes('{{jwt}}')
    ? await people.token(jwtAccount)
    : '';
  const call = {
    as: exchange.as,
    method: exchange.method,
    path: fill(exchange.path, bindings),
    query: fill(exchange.query, bindings),
    headers: exchange.headers,
    body: bodyOf(exchange, bindings, token),
  };
  let others: Promise<unknown> | undefined;
  const answer = await people.call(call, () => {
    others = exchange.during && doMeanwhile(exchange.during, bindings, people);
  });
  await others;
  const differences = compareAnswer(exchange, answer, bindings);
  return { differences: differences.filter((text) => !variesToo(text, exchange.varies ?? [])), bindings };
}

function bodyOf(exchange: Exchange, bindings: Bindings, token: string): string | undefined {
  if ('body' in exchange) return JSON.stringify(fill(exchange.body, bindings, token));
  if (exchange.bodyText !== undefined) return fill(exchange.bodyText, bindings, token);
  const { char, length = 0, approxLength = 0 } = exchange.bodyGenerated ?? {};
  if (!exchange.bodyGenerated) return undefined;
  if (char !== undefined) return char.repeat(length);
  const metadata = { name: exchange.response?.details?.name };
  return JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { k: 'x'.repeat(approxLength - 50) } });
}

/** What another client does while a watch runs. */
async function doMeanwhile(during: NonNullable<Exchange['during']>, bindings: Bindings, people: People): Promise<void> {
  await sleep(50);
  for (const { method, path, body, contentType } of during) {
    await people.call({
      as: 'admin',
      method,
      path: fill(path, bindings),
      headers: { 'Content-Type': contentType },
      ...(body !== undefined && { body: JSON.stringify(fill(body, bindings)) }),
    });
  }
}

function compareAnswer(exchange: Exchange, answer: Answer, bindings: Bindings): string[] {
  const differences: string[] = [];
  const type = exchange.responseHeaders['Content-Type'] || undefined;
  if (answer.status !== exchange.status) {
    differences.push(`status ${exchange.status} expected, ${answer.status} got: ${answer.text.slice(0, 300)}`);
  } else if (type !== answer.contentType) {
    differences.push(`Content-Type ${type} expected, ${answer.contentType} got`);
  } else {
    compareBody(exchange, answer.text, bindings, differences);
  }
  const warnings = [exchange.responseHeaders.Warning ?? []].flat().sort();
  if (JSON.stringify(warnings) !== JSON.stringify(answer.warnings.sort())) {
    differences.push(`Warning header: expected ${warnings.join(' | ')}, got ${answer.warnings.join(' | ')}`);
  }
  return differences;
}

function compareBody(exchange: Exchange, text: string, bindings: Bindings, differences: string[]): void {
  try {
    if ('response' in exchange) compare(exchange.response, withoutTexts(JSON.parse(text)), bindings, '', differences);
    else if (exchange.stream) {
      const lines = text.split('\n').filter((line) => line.trim() !== '');
      compare(
        exchange.stream,
        lines.map((line) => withoutTexts(JSON.parse(line))),
        bindings,
        '',
        differences,
      );
    } else if (exchange.responseText && !exchange.varies) {
      compare(exchange.responseText, text, bindings, '', differences);
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    differences.push('no JSON');
  }
}

/** Descriptions of a Table's columns are not recorded. */
function withoutTexts(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutTexts);
  if (typeof value !== 'object' || value === null) return value;
  const object = Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutTexts(item)]));
  if (Array.isArray(object.columnDefinitions)) {
    for (const column of object.columnDefinitions as Record<string, unknown>[]) delete column.description;
  }
  return object;
}

/** Whether a difference is at a place that varies on the real server too. */
function variesToo(difference: string, varies: readonly string[]): boolean {
  const at = difference.slice(1).split(':')[0] ?? '';
  return varies.some((path) => {
    if (path === '') return false;
    const inResponse = path.replace('response.', '');
    const inStream = inResponse.replace('stream', '');
    return at === inStream || at.startsWith(inStream) || inResponse.startsWith(at);
  });
}
