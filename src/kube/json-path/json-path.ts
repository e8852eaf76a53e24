/** JSONPath templates, as kubectl and the columns of custom resources have them (k8s.io/client-go/util/jsonpath). */
import { type Found, walk } from './evaluate.ts';
import { JsonPathError, type Node } from './nodes.ts';
import { parseTemplate } from './parser.ts';
import { goJson, goText } from './text.ts';

/** A template ready to be filled in. Missing keys give nothing. */
export class JsonPath {
  readonly #nodes: readonly Node[];

  /** @param template text with paths in braces. Throws JsonPathError. */
  constructor(template: string) {
    this.#nodes = parseTemplate(template);
  }

  /** The template filled in: the values of a path with spaces between them. Throws JsonPathError. */
  format(value: unknown): string {
    return this.results(value)
      .map((values) => values.map(resultText).join(' '))
      .join('');
  }

  /** For each part of the template, those in ranges once for each item, what is there. Throws JsonPathError. */
  results(value: unknown): unknown[][] {
    return resultsOf(this.#nodes, { value });
  }
}

function resultsOf(nodes: readonly Node[], current: Found): unknown[][] {
  return nodes.flatMap((node): unknown[][] => {
    if (node.kind === 'text') return [[node.text]];
    const found = walk(node.steps, [current]);
    if (node.kind === 'range') return found.flatMap(({ value }) => resultsOf(node.body, { value }));
    return [found.map(({ value }) => value)];
  });
}

/** A result as a template shows it. */
export function resultText(value: unknown): string {
  return typeof value === 'object' ? goJson(value) : goText(value);
}

/** A path as kubectl takes it without braces too, as one template: `metadata.name`, `.metadata.name`. Throws JsonPathError. */
export function relaxedPath(path: string): JsonPath {
  const [, braced, bare] = /^\{\.?([^{}]+)\}$|^\.?([^{}]+)$/.exec(path) ?? [];
  const inner = braced ?? bare;
  if (inner === undefined)
    throw new JsonPathError(
      `unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or '{.name1.name2}'`,
    );
  return new JsonPath(`{.${inner}}`);
}
