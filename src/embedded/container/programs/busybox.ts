import { busyboxApplets } from '../images/layouts.ts';
import { execute } from '../kernel/exec.ts';
import { program } from '../lib/program.ts';
import { runCommand } from '../lib/run-command.ts';
import { toolVersion } from '../lib/versions.ts';

/** The multi-call binary: `busybox ls`. */
export const busybox = program('busybox', async (p) => {
  const [name, ...args] = p.args;
  if (name === undefined || name === '--help') {
    await p.print(
      1,
      `BusyBox v${toolVersion(p, 'busybox')} multi-call binary.\n\nUsage: busybox [function [arguments]...]\n   or: busybox --list\n\nCurrently defined functions:\n\t${busyboxApplets.join(', ')}\n`,
    );
    return 0;
  }
  if (name === '--list') {
    await p.print(
      1,
      [...busyboxApplets, 'ash', 'sh']
        .sort()
        .map((a) => `${a}\n`)
        .join(''),
    );
    return 0;
  }
  const applet = name === 'sh' ? 'ash' : name;
  const found = busyboxApplets.includes(applet) || applet === 'ash' ? p.container.programs.get(applet) : undefined;
  if (!found) {
    await p.print(2, `${name}: applet not found\n`);
    return 127;
  }
  return execute(p, { program: found, argv: [name, ...args], path: '/bin/busybox' });
});

/** busybox' time as a program. */
export const time = program('time', async (p) => {
  const { clock, cpu } = p.container;
  const [from, used] = [clock.now(), cpu.usedMs];
  const code = await runCommand(
    p,
    p.args.filter((a) => a !== '-p'),
  );
  const text = (ms: number) => `${Math.floor(ms / 60_000)}m ${((ms % 60_000) / 1000).toFixed(2)}s`;
  await p.print(2, `real\t${text(clock.now() - from)}\nuser\t${text(cpu.usedMs - used)}\nsys\t${text(0)}\n`);
  return code;
});
