import { Command } from 'commander';
import { clockText, tableText } from '../present/text.ts';
import type { CommandFactory } from './command.ts';

export const daemon: CommandFactory = ({ services, print, json }) => {
  const { paths } = services;
  const command = new Command('daemon').description('the background process that the labs live in');
  command
    .command('status')
    .description('show the process, its memory and what lives in it')
    .option('--json', 'print one JSON document')
    .action(async (options: { json?: boolean }) => {
      const { daemonStatus } = await import('../session/daemon-control.ts');
      const { daemonLogPath } = await import('../session/remote-labs.ts');
      const status = await daemonStatus(paths);
      if (options.json)
        return json(status ? { running: true, ...status, log: daemonLogPath(paths) } : { running: false });
      if (!status) return print('no daemon runs; the next command that needs one starts it');
      print(
        tableText([
          ['process', String(status.pid)],
          ['build', status.build],
          ['socket', status.socket],
          ['log', daemonLogPath(paths)],
          ['up', clockText(status.uptime * 1000)],
          ['memory', `${Math.round(status.memory / 2 ** 20)} MiB`],
          ['clusters', String(status.clusters)],
          ['attempts', String(status.attempts)],
          ['clients', String(status.clients)],
        ]),
      );
    });
  command
    .command('stop')
    .description('end it; labs are suspended, and go on with the next command')
    .option('--json', 'print one JSON document')
    .action(async (options: { json?: boolean }) => {
      const { stopDaemon } = await import('../session/daemon-control.ts');
      const stopped = await stopDaemon(paths);
      if (options.json) return json({ stopped: stopped !== undefined, ...stopped });
      if (!stopped) return print('no daemon runs');
      if (stopped.killed) {
        return print(
          `the daemon (process ${stopped.pid}) did not answer and was killed; labs go on from what was written, with the next command`,
        );
      }
      const { attempts, clusters } = stopped.suspended;
      const kept = clusters === 1 ? '1 cluster is' : `${clusters} clusters are`;
      const labs = attempts.length > 0 ? `suspended: ${attempts.join(', ')}; ` : '';
      const rest = clusters > 0 ? `${labs}${kept} kept and back with the next command` : 'there was nothing to keep';
      print(`the daemon (process ${stopped.pid}) has ended; ${rest}`);
    });
  return command;
};
