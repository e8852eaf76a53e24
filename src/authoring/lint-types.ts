/** One thing that an author should look at. Lines and columns count from 1. */
export interface Finding {
  /** `error`: it can't be right; `warning`: it may be meant so. */
  severity: 'error' | 'warning';
  /** Names the rule: `schema`, `unchecked-name`. */
  rule: string;
  /** Path inside of the pack. */
  file: string;
  line: number;
  column: number;
  message: string;
}

export interface LintOptions {
  /** Whether a cluster without a registry has this image. */
  knowsImage(reference: string): boolean;
  /** Only this scenario. */
  scenario?: string;
}
