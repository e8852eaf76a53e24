import { ownValue } from '../../../kernel/own.ts';
import type { Process } from '../kernel/process.ts';
import { parseOptions } from '../lib/options.ts';
import { isBusybox, program } from '../lib/program.ts';
import { userName } from '../lib/users.ts';

function elapsed(p: Process, q: Process): string {
  const seconds = Math.floor((p.container.clock.now() - q.startedAt) / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** CPU time: busybox shows minutes and seconds, procps hours too. */
function cpuTime(p: Process, q: Process): string {
  const seconds = Math.floor(p.container.cpuMsOf(q) / 1000);
  const two = (n: number) => String(n).padStart(2, '0');
  if (isBusybox(p)) return `${Math.floor(seconds / 60)}:${two(seconds % 60)}`;
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

const columns: Record<string, { title: string; left?: boolean; value: (p: Process, q: Process) => string }> = {
  pid: { title: 'PID', value: (_, q) => String(q.pid) },
  ppid: { title: 'PPID', value: (_, q) => String(q.parent?.pid ?? 0) },
  user: { title: 'USER', left: true, value: (p, q) => userName(p, q.uid) ?? String(q.uid) },
  uid: { title: 'UID', value: (_, q) => String(q.uid) },
  comm: { title: 'COMMAND', left: true, value: (_, q) => q.name },
  args: { title: 'COMMAND', left: true, value: (_, q) => q.argv.join(' ') },
  cmd: { title: 'CMD', left: true, value: (_, q) => q.argv.join(' ') },
  etime: { title: 'ELAPSED', value: (p, q) => elapsed(p, q) },
  time: { title: 'TIME', value: (p, q) => cpuTime(p, q) },
  rss: { title: 'RSS', value: (_, q) => String(Math.round(q.residentBytes / 1024)) },
  vsz: { title: 'VSZ', value: (_, q) => String(Math.round(q.residentBytes / 256)) },
  stat: { title: 'STAT', left: true, value: (p, q) => (p === q ? 'R' : 'S') },
  tty: { title: 'TTY', left: true, value: (_, q) => (q.tty ? 'pts/0' : '?') },
  pgid: { title: 'PGID', value: (_, q) => String(q.pgid) },
};

export const ps = program('ps', async (p) => {
  const bsd = p.args.filter((a) => /^[auxwef]+$/.test(a));
  const options = parseOptions(p, 'eAfFo:p:Tlww', {}, { args: p.args.filter((a) => !bsd.includes(a)) });
  const all = [...p.container.processes.values()].sort((a, b) => a.pid - b.pid);
  const wanted = options.get('p')?.split(',').map(Number);
  const rows = wanted ? all.filter((q) => wanted.includes(q.pid)) : all;
  const chosen = options
    .all('o')
    .flatMap((o) => o.split(','))
    .map((c) => c.replace(/=.*/, ''));
  let names =
    chosen.length > 0 ? chosen : isBusybox(p) ? ['pid', 'user', 'time', 'args'] : ['pid', 'tty', 'time', 'comm'];
  if (chosen.length === 0 && !isBusybox(p)) {
    if (bsd.some((b) => b.includes('u'))) names = ['user', 'pid', 'vsz', 'rss', 'tty', 'stat', 'time', 'args'];
    else if (options.has('f')) names = ['user', 'pid', 'ppid', 'tty', 'time', 'cmd'];
    else if (options.has('e', 'A') || bsd.length > 0) names = ['pid', 'tty', 'time', 'cmd'];
  }
  const used = names.map((n) => ownValue(columns, n === 'command' ? 'args' : n)).filter((c) => c !== undefined);
  const titles = used.map((c) => c.title);
  const table = [titles, ...rows.map((q) => used.map((c) => c.value(p, q)))];
  const minimum = (i: number) => ({ PID: 5, USER: 8, TIME: 5 })[titles[i] ?? ''] ?? 0;
  const widths = used.map((_, i) => Math.max(minimum(i), ...table.map((r) => (r[i] ?? '').length)));
  for (const row of table) {
    const cells = row.map((cell, i) => {
      if (i === row.length - 1) return cell;
      return used[i]?.left ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0);
    });
    await p.print(1, `${cells.join(' ')}\n`);
  }
  return 0;
});
