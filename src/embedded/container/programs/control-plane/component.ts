import type { FlaggedProgram } from '../../../flags/flag-set.ts';
import type { ParsedFlags } from '../../../flags/pflag.ts';
import type { Process } from '../../kernel/process.ts';
import { runService } from '../../lib/service.ts';

/** What a component of this cluster does from its start on. */
export interface Work {
  /** What it waits for while it serves already, and what fails only then. */
  lead?(): Promise<void>;
  /** What it does last, when nothing works with it any more. */
  end?(): Promise<void>;
}

/** A program of the control plane: what it looks at, and in which order it does so. */
export interface ControlPlaneComponent {
  name: FlaggedProgram;
  /** @throws FlagError for a command line that it can't read, after what it says of it */
  parse(p: Process): Promise<ParsedFlags>;
  /**
   * Everything before it serves: its checks, and the wait for what it can't serve without.
   * @returns undefined where what it does then is none of this cluster's work
   * @throws StartFailure where a real one ends
   */
  start(p: Process, flags: ParsedFlags): Promise<Work | undefined>;
  /** Serves until it is told to end; resolves with its exit code. */
  serve(p: Process, flags: ParsedFlags): Promise<number>;
  /** What it can't work without for long. */
  needs?: {
    /** Whether it is reached now. */
    reached(p: Process, flags: ParsedFlags): Promise<boolean>;
    /** Waits until it is reached again, and says so; false: it was not for as long as there is patience. */
    regained(p: Process, flags: ParsedFlags): Promise<boolean>;
    /** How it ends without it. */
    lost(): Error;
  };
}

/** Serves what the image says, on the port that `--secure-port` names instead of the usual one. */
export function serveSecurely(p: Process, flags: ParsedFlags, usual: number): Promise<number> {
  const port = Number(flags.get('secure-port') ?? usual);
  return runService(p, (described) => (described === usual ? port : described));
}
