import type { Program } from '../kernel/process.ts';
import { shellProgram } from '../sh/main.ts';
import { cat } from './cat.ts';
import { echo } from './echo.ts';
import { ls } from './ls.ts';
import { printf } from './printf.ts';
import { sleep } from './sleep.ts';
import { bracket, doubleBracket, test } from './test.ts';
import { falseProgram, trueProgram } from './true-false.ts';

/** Every program that an image's executables can name. */
export const programs: ReadonlyMap<string, Program> = new Map(
  [
    ...[shellProgram('ash'), shellProgram('dash'), shellProgram('bash')],
    ...[bracket, cat, doubleBracket, echo, falseProgram, ls, printf, sleep, test, trueProgram],
  ].map((p) => [p.name, p]),
);
