/** Regular expressions of users, as Go understands them and in linear time. */
import { RE2JS } from 're2js';
import { step } from './work.ts';

const compiled = new Map<string, RE2JS | string>();
/** A state of an expression is looked at faster than two values are compared. */
const statesPerStep = 8;
/** Users' patterns come and go: what was compiled is forgotten now and then. */
const capacity = 1000;

/** Of a pattern with its repetitions written out, in characters; Go's limit is in bytes of its program. */
const largest = 1_000_000;
const stepsPerCharacter = 30;
/** RE2 repeats nothing more often, repetitions of repetitions included. */
const mostCopies = 1000;

/** The characters of a pattern with its repetitions written out, as they are compiled: `a{1000}` is a thousand states. */
function writtenOut(pattern: string): number {
  let copies = 1;
  for (const [, from, to] of pattern.matchAll(/\{(\d+)(?:,(\d*))?\}/g))
    copies = Math.min(mostCopies, copies * Math.max(1, Number(from), Number(to || 0)));
  return pattern.length * copies;
}

/** @throws TooMuchWork for a pattern that is made while an expression runs */
function compile(pattern: string): RE2JS | string {
  let known = compiled.get(pattern);
  if (known === undefined) {
    const size = writtenOut(pattern);
    if (size > largest) return `error parsing regexp: expression too large: \`${pattern.slice(0, 100)}\``;
    step(size * stepsPerCharacter);
    try {
      known = RE2JS.compile(pattern);
    } catch (error) {
      known = (error as Error).message;
    }
    if (compiled.size >= capacity) compiled.clear();
    compiled.set(pattern, known);
  }
  return known;
}

/** Why Go's regexp package refuses the pattern, in its words; undefined if it takes it. */
export function patternFault(pattern: string): string | undefined {
  const result = compile(pattern);
  return typeof result === 'string' ? result : undefined;
}

/** Whether the pattern is found in the text. A pattern that is none is found nowhere. */
export function matchesPattern(pattern: string, text: string): boolean {
  const result = compile(pattern);
  if (typeof result === 'string') return false;
  step((text.length * result.programSize()) / statesPerStep);
  return result.matcher(text).find();
}

/** What the pattern finds, one after the other; at most `limit`, negative: all. */
export function findPattern(pattern: string, text: string, limit: number): string[] {
  const result = compile(pattern);
  const found: string[] = [];
  if (typeof result === 'string') return found;
  step((text.length * result.programSize()) / statesPerStep);
  const matcher = result.matcher(text);
  while ((limit < 0 || found.length < limit) && matcher.find()) found.push(matcher.group() ?? '');
  return found;
}
