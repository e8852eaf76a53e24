import { Pattern } from '../kernel/pattern.ts';

/** A place in a text; lines and columns count from 1. */
export interface Place {
  line: number;
  column: number;
}

/** Where in a text an offset is. */
export function placeOf(text: string, offset: number): Place {
  const before = text.slice(0, offset);
  const line = before.split('\n').length;
  return { line, column: offset - before.lastIndexOf('\n') };
}

/** What looks like a credential that works somewhere. Formats as their makers describe them. */
const secrets = (
  [
    ['-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----', 'a private key'],
    ['\\bAKIA[0-9A-Z]{16}\\b', 'an access key of AWS'],
    ['\\bgh[pousr]_[A-Za-z0-9]{36,}\\b', 'a token of GitHub'],
    ['\\bglpat-[A-Za-z0-9_-]{20,}\\b', 'a token of GitLab'],
    ['\\bxox[abprs]-[A-Za-z0-9-]{10,}\\b', 'a token of Slack'],
    ['\\beyJ[A-Za-z0-9_-]{15,}\\.eyJ[A-Za-z0-9_-]{15,}\\.[A-Za-z0-9_-]{15,}', 'a signed token (JWT)'],
    ['\\bclient-key-data:\\s*[A-Za-z0-9+/=]{40,}', 'the key of a kubeconfig'],
  ] as const
).map(([pattern, what]) => ({ pattern: new Pattern(pattern), what }));

export function secretsIn(text: string): (Place & { what: string })[] {
  return secrets.flatMap(({ pattern, what }) => pattern.places(text).map((at) => ({ ...placeOf(text, at), what })));
}

/** Words that leave open what is asked for: two learners read two tasks. */
const vague =
  /\b(appropriate(ly)?|properly|correctly|as needed|if necessary|somehow|etc\.|and so on|reasonable|suitable|some kind of|maybe|probably|best practices?)(?!\w)/gi;

export function vagueWordsIn(text: string): (Place & { word: string })[] {
  return [...text.matchAll(vague)].map((match) => ({ ...placeOf(text, match.index), word: match[0] }));
}

/** What a Markdown text names in `code`: single words that could be names of objects or files. */
export function namesIn(markdown: string): (Place & { name: string })[] {
  return [...markdown.matchAll(/`([^`\n]+)`/g)].flatMap((match) => {
    const name = match[1] ?? '';
    const isName = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(name.replaceAll(/@\{\w+\}/g, 'x'));
    return isName ? [{ name, ...placeOf(markdown, match.index + 1) }] : [];
  });
}
