import { Command } from 'commander';
import type { CommandFactory } from '../command.ts';
import { draw, list, sittings, start } from './begin.ts';
import { report, stop, submit } from './end.ts';
import { shell, ssh, sudo } from './shell.ts';
import { docs, flag, go, next, note, status, task } from './sit.ts';

/** Hidden: what a shell of an exam runs when `ssh` or `sudo` is typed there. */
const played: CommandFactory[] = [ssh, sudo];

export const exam: CommandFactory = (context) => {
  const command = new Command('exam').description('exams made of the scenarios of a pack, sat as the real ones');
  const shown = [list, start, status, task, next, go, flag, note, docs, shell, submit, report, stop, sittings, draw];
  for (const factory of shown) command.addCommand(factory(context));
  for (const factory of played) command.addCommand(factory(context), { hidden: true });
  return command;
};
