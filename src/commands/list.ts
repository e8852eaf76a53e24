import { Command } from 'commander';
import { tableText } from '../present/text.ts';
import { examsOf } from '../scenario/types.ts';
import type { CommandFactory } from './command.ts';

export const list: CommandFactory = ({ services, print, json }) =>
  new Command('list')
    .description('list the scenarios')
    .option('--json', 'print one JSON document')
    .action((options: { json?: boolean }) => {
      const scenarios = services.catalog.scenarios();
      const rows = scenarios.map((scenario) => {
        const { id, title, competencies, difficulty, minutes } = scenario;
        return { id, title, pack: scenario.pack.id, exams: examsOf(scenario), competencies, difficulty, minutes };
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
