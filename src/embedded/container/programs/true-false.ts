import { program } from '../lib/program.ts';

export const trueProgram = program('true', () => 0);
export const falseProgram = program('false', () => 1);
