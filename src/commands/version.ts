import { Command } from 'commander';
import type { CommandFactory } from './command.ts';

export const version: CommandFactory = ({ services, print, json }) =>
  new Command('version')
    .description('show which kubedrill this is')
    .option('--json', 'print one JSON document')
    .action((options: { json?: boolean }) => {
      if (options.json) return json({ version: services.version });
      print(services.version);
    });
