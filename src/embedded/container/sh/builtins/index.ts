import type { Builtin } from '../shell.ts';
import { controlBuiltins } from './control.ts';
import { directoryBuiltins } from './directories.ts';
import { jobBuiltins } from './job-control.ts';
import { lookupBuiltins } from './lookup.ts';
import { optionBuiltins } from './options.ts';
import { outputBuiltins } from './output.ts';
import { readBuiltins } from './read.ts';
import { variableBuiltins } from './variables.ts';

/** Every builtin by its name. */
export const builtins: ReadonlyMap<string, Builtin> = new Map(
  Object.entries({
    ...controlBuiltins,
    ...variableBuiltins,
    ...optionBuiltins,
    ...outputBuiltins,
    ...readBuiltins,
    ...jobBuiltins,
    ...lookupBuiltins,
    ...directoryBuiltins,
  }),
);
