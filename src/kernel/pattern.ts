import { RE2JS } from 're2js';
import { spend } from './budget.ts';

/** Longer ones, and those that make more instructions, are no patterns for a line or an output. */
const longest = 1_000;
const mostInstructions = 1_000;

/** What backtracking engines have and RE2 has not, as its refusal quotes it, and what to write instead. */
const instead: readonly (readonly [RegExp, string])[] = [
  [
    /`\(\?<?[=!]/,
    'it looks ahead or behind, which cannot be bounded: write what stands there, or give what must not be there a field of its own (contradicts, lacks)',
  ],
  [/`\\[1-9k]/, 'it refers back to a group, which cannot be bounded: write the text out'],
  [/`\(\?>|invalid nested repetition/, 'no pattern backtracks here: write neither (?> nor a + after a repetition'],
  [/`\\u/, 'write the character itself, or \\x{263a} for it'],
];

/** Why a text is no pattern to use, with what to write instead. */
export class PatternFault extends Error {}

/** A regular expression with the syntax of RE2: it takes linear time, whatever it is tried against. */
export class Pattern {
  /** As it was written. */
  readonly source: string;
  readonly #compiled: RE2JS;

  /** Throws PatternFault. */
  constructor(source: string) {
    this.source = source;
    this.#compiled = compile(source);
  }

  /** Whether it is found anywhere in the text. Throws TooCostly where a budget says so. */
  test(text: string): boolean {
    return this.find(text) !== undefined;
  }

  /** The first place that it matches; undefined if there is none. Throws TooCostly where a budget says so. */
  find(text: string): string | undefined {
    spend(text.length * this.#compiled.programSize());
    const matcher = this.#compiled.matcher(text);
    return matcher.find() ? (matcher.group() ?? undefined) : undefined;
  }

  /** Where it matches, from the first place on: offsets in the text. */
  places(text: string): number[] {
    spend(text.length * this.#compiled.programSize());
    const matcher = this.#compiled.matcher(text);
    const found: number[] = [];
    while (matcher.find()) found.push(matcher.start());
    return found;
  }
}

function compile(source: string): RE2JS {
  if (source.length > longest) throw new PatternFault(`it has more than ${longest} characters: split it`);
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(source);
  } catch (cause) {
    const { message } = cause as Error;
    const better = instead.find(([refusal]) => refusal.test(message))?.[1];
    throw new PatternFault(better ?? message.replace('error parsing regexp: ', ''), { cause });
  }
  if (compiled.programSize() > mostInstructions)
    throw new PatternFault('its repetitions make it too large: write * or +, or repeat less');
  return compiled;
}
