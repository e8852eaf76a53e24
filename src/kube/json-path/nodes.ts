/** What a JSONPath template consists of. */

export type Step =
  | { kind: 'field'; name: string }
  | { kind: 'wildcard' }
  | { kind: 'recursive' }
  /** `single`: `[3]` and not `[3:4]`. */
  | { kind: 'slice'; from: number | undefined; to: number | undefined; step: number | undefined; single: boolean }
  | { kind: 'union'; alternatives: readonly (readonly Step[])[] }
  /** Without an operator: those that have the left side. */
  | { kind: 'filter'; left: readonly Step[]; operator: string | undefined; right: readonly Step[] }
  /** `float`: written with a dot, and no int for Go. */
  | { kind: 'value'; value: string | number | boolean; float?: boolean }
  | { kind: 'identifier'; name: string };

export type Node =
  | { kind: 'text'; text: string }
  | { kind: 'action'; steps: readonly Step[] }
  | { kind: 'range'; steps: readonly Step[]; body: readonly Node[] };

/** A template that is none, or that does not fit what it is filled in with; in client-go's words. */
export class JsonPathError extends Error {}
