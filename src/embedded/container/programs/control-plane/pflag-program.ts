import { type FlaggedProgram, flagSetOf, usageText } from '../../../flags/flag-set.ts';
import { FlagError, type ParsedFlags, parsePflags } from '../../../flags/pflag.ts';
import { kubeletVersion } from '../../../node-facts.ts';
import type { Process } from '../../kernel/process.ts';

/** The program has said all there was to say; it ends with this code. */
export class Ended extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`ended with ${code}`);
    this.code = code;
  }
}

/**
 * Reads the command line of a cobra command that takes no arguments; answers `--help` and `--version`.
 * `usage`: it shows its flags before it says what is wrong with one, as all but kube-apiserver do.
 * @throws Ended
 */
export async function parseCommand(p: Process, name: FlaggedProgram, usage: boolean): Promise<ParsedFlags> {
  let flags: ParsedFlags;
  try {
    flags = parsePflags(flagSetOf(name), p.args);
  } catch (error) {
    if (!(error instanceof FlagError)) throw error;
    await p.print(2, `${usage ? usageText(name) : ''}Error: ${error.message}\n`);
    throw new Ended(1);
  }
  if (flags.has('help')) {
    await p.print(1, usageText(name));
    throw new Ended(0);
  }
  if (flags.has('version')) {
    await p.print(1, `Kubernetes ${kubeletVersion}\n`);
    throw new Ended(0);
  }
  if (flags.operands.length > 0) {
    const words = flags.operands.map((word) => JSON.stringify(word)).join(' ');
    await p.print(2, `Error: "${name}" does not take any arguments, got [${words}]\n`);
    throw new Ended(1);
  }
  return flags;
}
