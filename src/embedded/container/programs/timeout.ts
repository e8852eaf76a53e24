import { isSysError } from '../kernel/errno.ts';
import type { Process } from '../kernel/process.ts';
import { parseSignal, signals } from '../kernel/signals.ts';
import { parseOptions } from '../lib/options.ts';
import { program, UsageError } from '../lib/program.ts';
import { startCommand } from '../lib/run-command.ts';
import { parseDuration } from './sleep.ts';

export const timeout = program('timeout', async (p) => {
  const options = parseOptions(
    p,
    's:k:v',
    { signal: 's', 'kill-after': 'k', 'preserve-status': 'preserve-status', foreground: 'foreground' },
    { stop: true, code: 125 },
  );
  const [limit = '', ...command] = options.operands;
  if (command.length === 0) throw new UsageError('missing operand', 125);
  const ms = parseDuration(limit);
  const signal = parseSignal(options.get('s') ?? 'TERM');
  if (ms === undefined) throw new UsageError(`invalid time interval '${limit}'`, 125);
  if (signal === undefined) throw new UsageError(`${options.get('s')}: invalid signal`, 125);
  const killAfter = parseDuration(options.get('k') ?? '');
  let child: Process;
  try {
    child = startCommand(p, command);
  } catch (error) {
    if (!isSysError(error)) throw error;
    await p.print(
      2,
      `timeout: ${p.flavor === 'busybox' ? `can't execute '${command[0]}'` : `failed to run command '${command[0]}'`}: ${error.message}\n`,
    );
    return error.code === 'ENOENT' ? 127 : 126;
  }
  for (const n of [signals.SIGTERM, signals.SIGINT, signals.SIGHUP]) p.dispositions.set(n, () => child.signal(n));
  let expired = false;
  const { clock } = p.container;
  const timer =
    ms === 0 || ms === Number.POSITIVE_INFINITY
      ? undefined
      : clock.after(ms, () => {
          expired = true;
          child.signal(signal);
        });
  const killer =
    killAfter === undefined || ms === 0 ? undefined : clock.after(ms + killAfter, () => child.signal(signals.SIGKILL));
  p.onExit(() => {
    timer?.cancel();
    killer?.cancel();
  });
  const status = await p.wait(child);
  timer?.cancel();
  killer?.cancel();
  if (!expired || options.has('preserve-status')) return status.code;
  if (signal === signals.SIGKILL || status.signal === signals.SIGKILL) return 137;
  // busybox' timeout becomes the killed command's parent: its status says the signal.
  return p.flavor === 'busybox' ? 128 + signal : 124;
});

export const nohup = program('nohup', async (p) => {
  p.dispositions.set(signals.SIGHUP, 'ignore');
  if (p.args.length === 0) throw new UsageError('missing operand', 125);
  return (await p.wait(startCommand(p, p.args))).code;
});

/** Niceness means nothing here: everybody gets what is there. Alone it says that it is 0. */
export const nice = program('nice', async (p) => {
  const options = parseOptions(p, 'n:', { adjustment: 'n' }, { stop: true, code: 125 });
  const [command] = options.operands;
  if (command === undefined) {
    await p.print(1, '0\n');
    return 0;
  }
  try {
    return (await p.wait(startCommand(p, options.operands))).code;
  } catch (error) {
    if (!isSysError(error)) throw error;
    const quoted = p.container.image.flavor === 'busybox' ? `can't execute '${command}'` : `'${command}'`;
    await p.print(2, `nice: ${quoted}: ${error.message}\n`);
    return error.code === 'ENOENT' ? 127 : 126;
  }
});

export const watch = program('watch', async (p) => {
  const options = parseOptions(p, 'n:tdec', { interval: 'n', 'no-title': 't', differences: 'd' }, { stop: true });
  const seconds = Number(options.get('n') ?? 2);
  const command = options.operands.join(' ');
  if (command === '') throw new UsageError('missing command');
  for (;;) {
    const title = options.has('t') ? '' : `Every ${seconds.toFixed(1)}s: ${command}\n\n`;
    await p.print(1, `\x1b[H\x1b[J${title}`);
    await p.wait(startCommand(p, ['sh', '-c', command]));
    await p.sleep(Math.max(0.1, seconds) * 1000);
  }
});
