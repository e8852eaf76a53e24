import { Command } from 'commander';
import { tableText } from '../present/text.ts';
import type { CommandFactory } from './command.ts';

export const list: CommandFactory = ({ services, print, json }) =>
  new Command('list')
    .description('list the scenarios')
    .option('--json', 'print one JSON document')
    .action(async (options: { json?: boolean }) => {
      const rows = (await services.scenarios()).map(({ id, title, pack, exams, competencies, difficulty, minutes }) => {
        return { id, title, pack: pack.id, exams, competencies, difficulty, minutes };
      });
      if (options.json) return json(rows);
      const heading = ['SCENARIO', 'TITLE', 'EXAMS', 'DIFFICULTY', 'MINUTES'];
      print(
        tableText([
          heading,
          ...rows.map((r) => [r.id, r.title, r.exams.join(', ').toUpperCase(), r.difficulty, String(r.minutes)]),
        ]),
      );
    });
