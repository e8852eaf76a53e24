import { dirname, join, sep } from 'node:path';
import { Option } from 'commander';
import { findKubectl } from '../cluster/kubectl/kubectl.ts';
import { runningLine, type ShellName, settingLines, shellNames, shellOf, unsettingLines } from '../session/dialects.ts';
import { commandFolder } from '../session/own-command.ts';
import { labSettings, labVariables } from '../session/shell.ts';
import { attemptCommand, attemptId, type CommandFactory, labsOf } from './command.ts';

interface Options {
  attempt?: string;
  shell?: ShellName;
  unset?: boolean;
  json?: boolean;
}

export const env: CommandFactory = ({ services, print, json }) =>
  attemptCommand('env', 'print what sets your shell to the attempt: eval "$(kubedrill env)"')
    .addOption(new Option('--shell <shell>', 'write for this one (default: $SHELL)').choices(shellNames))
    .addOption(new Option('--unset', 'print what takes it back').conflicts('json'))
    .action(async (options: Options) => {
      const { paths, env: own } = services;
      const shell = options.shell ?? shellOf(own.SHELL);
      const { usable: kubectl } = await findKubectl({ cache: paths.cache, env: own });
      if (options.unset) {
        const folders = [
          commandFolder(paths),
          ...(kubectl?.file.startsWith(join(paths.cache, sep)) ? [dirname(kubectl.file)] : []),
        ];
        const lines = unsettingLines(shell, labVariables, folders);
        return print([...lines, runningLine(shell, 'kubedrill env --unset')].join('\n'));
      }
      const state = await (await labsOf(services)).attempt({ id: attemptId(services, options) });
      const settings = await labSettings(state, { paths, kubectl, env: own });
      if (options.json) return json(settings);
      print([...settingLines(shell, settings), runningLine(shell, 'kubedrill env')].join('\n'));
    });
