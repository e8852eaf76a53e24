import type { Process } from '../kernel/process.ts';
import { parseOptions } from '../lib/options.ts';
import { isBusybox, program } from '../lib/program.ts';
import { userName } from '../lib/users.ts';

/** How long the first picture looks at, in ms, and how long the others do where nothing else is said. */
const firstLookMs = 250;
const intervals = { busybox: 5000, procps: 3000 };
const cores = 4;
const memoryBytes = 8 * 1024 ** 3;
const cacheBytes = 1024 ** 3;
const systemBytes = 1.5 * 1024 ** 3;

/** What processes had used at a moment. */
interface Sample {
  at: number;
  nodeMs: number;
  used: ReadonlyMap<Process, number>;
}

interface Row {
  process: Process;
  /** Cores. */
  cpu: number;
  /** Milliseconds since it began. */
  usedMs: number;
}

/** What was used between two moments, the busiest first; `node`: cores of all that runs there. */
interface Picture {
  rows: Row[];
  node: number;
}

function sample(p: Process): Sample {
  const { container } = p;
  const used = new Map([...container.processes.values()].map((process) => [process, container.cpuMsOf(process)]));
  return { at: container.clock.now(), nodeMs: container.cpu.meter.nodeUsedMs, used };
}

function between(before: Sample, now: Sample): Picture {
  const ms = Math.max(1, now.at - before.at);
  const rows = [...now.used].map(([process, usedMs]) => ({
    process,
    usedMs,
    // Who is new has used all of it since.
    cpu: (usedMs - (before.used.get(process) ?? 0)) / ms,
  }));
  rows.sort((a, b) => b.cpu - a.cpu || a.process.pid - b.process.pid);
  return { rows, node: (now.nodeMs - before.nodeMs) / ms };
}

const kibibytes = (bytes: number) => Math.round(bytes / 1024);
const stateOf = (p: Process, { process, cpu }: Row) => (process === p || cpu > 0.005 ? 'R' : 'S');
const user = (p: Process, uid: number) => userName(p, uid) ?? String(uid);

/** busybox': shares are of all cores. */
function busyboxPicture(p: Process, { rows, node }: Picture): string {
  const used = systemBytes + p.container.memory.used;
  const share = Math.min(100, Math.round((node / cores) * 100));
  const lines = rows.map((row) => {
    const { process, cpu } = row;
    const vsz = kibibytes(process.residentBytes) * 4;
    const cells = [
      ...[String(process.pid).padStart(5), String(process.parent?.pid ?? 0).padStart(5)],
      ...[user(p, process.uid).slice(0, 8).padEnd(8), stateOf(p, row).padEnd(3), String(vsz).padStart(6)],
      `${Math.floor((vsz * 1024 * 100) / memoryBytes)}%`.padStart(4),
      `${Math.round((cpu / cores) * 100)}%`.padStart(4),
    ];
    return `${cells.join(' ')} ${process.argv.join(' ')}`;
  });
  return [
    `Mem: ${kibibytes(used)}K used, ${kibibytes(memoryBytes - used)}K free, 0K shrd, 4096K buff, ${kibibytes(cacheBytes)}K cached`,
    `CPU: ${String(share).padStart(3)}% usr   0% sys   0% nic ${String(100 - share).padStart(3)}% idle   0% io   0% irq   0% sirq`,
    `Load average: 0.10 0.08 0.05 ${rows.filter((row) => stateOf(p, row) === 'R').length}/${rows.length} ${p.pid}`,
    '  PID  PPID USER     STAT   VSZ %VSZ %CPU COMMAND',
    ...lines,
  ].join('\n');
}

/** `1:02.34`: minutes, seconds, hundredths of CPU. */
function cpuTime(ms: number): string {
  return `${Math.floor(ms / 60_000)}:${((ms % 60_000) / 1000).toFixed(2).padStart(5, '0')}`;
}

/** procps': shares are of one core. */
function procpsPicture(p: Process, { rows, node }: Picture): string {
  const { clock, startedAt } = p.container;
  const used = systemBytes + p.container.memory.used;
  const running = rows.filter((row) => stateOf(p, row) === 'R').length;
  const share = Math.min(100, (node / cores) * 100);
  const minutes = Math.floor((clock.now() - startedAt) / 60_000) + 60;
  const up = `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}`;
  const mebibytes = (bytes: number) => (bytes / 1024 ** 2).toFixed(1).padStart(8);
  const free = memoryBytes - used - cacheBytes;
  const count = (n: number) => String(n).padStart(3);
  const percent = (n: number) => n.toFixed(1).padStart(5);
  const lines = rows.map((row) => {
    const { process, cpu, usedMs } = row;
    const resident = kibibytes(process.residentBytes);
    const cells = [
      ...[String(process.pid).padStart(7), user(p, process.uid).slice(0, 8).padEnd(8), ' 20', '  0'],
      ...[String(resident * 4).padStart(7), String(resident).padStart(6), String(Math.round(resident / 2)).padStart(6)],
      ...[stateOf(p, row), percent(cpu * 100), percent((process.residentBytes * 100) / memoryBytes)],
    ];
    return `${cells.join(' ')} ${cpuTime(usedMs).padStart(9)} ${process.name}`;
  });
  return [
    `top - ${new Date(clock.now()).toISOString().slice(11, 19)} up ${up},  0 users,  load average: 0.10, 0.08, 0.05`,
    `Tasks: ${count(rows.length)} total, ${count(running)} running, ${count(rows.length - running)} sleeping,   0 stopped,   0 zombie`,
    `%Cpu(s): ${percent(share)} us,   0.0 sy,   0.0 ni, ${percent(100 - share)} id,   0.0 wa,   0.0 hi,   0.0 si,   0.0 st`,
    `MiB Mem : ${mebibytes(memoryBytes)} total, ${mebibytes(free)} free, ${mebibytes(used)} used, ${mebibytes(cacheBytes)} buff/cache`,
    `MiB Swap: ${mebibytes(0)} total, ${mebibytes(0)} free, ${mebibytes(0)} used. ${mebibytes(memoryBytes - used)} avail Mem`,
    '',
    '    PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND',
    ...lines,
  ].join('\n');
}

/** What the processes of the container use, over and over; in a terminal until `q`. */
export const top = program('top', async (p) => {
  const options = parseOptions(p, 'bn:d:HcSip:o:u:w', {});
  const picture = isBusybox(p) ? busyboxPicture : procpsPicture;
  const seconds = options.number('d');
  const interval =
    seconds === undefined ? intervals[isBusybox(p) ? 'busybox' : 'procps'] : Math.max(0.1, seconds) * 1000;
  const count = options.number('n') ?? Number.POSITIVE_INFINITY;
  const { tty } = p;
  const inTerminal = !options.has('b') && tty !== undefined && p.fds.get(1)?.isTty === true;
  const before = tty && { raw: tty.raw, echo: tty.echo };
  if (inTerminal && tty) Object.assign(tty, { raw: true, echo: false });
  const quit = inTerminal && tty ? untilQuit(p) : new Promise<never>(() => {});
  p.background(quit);
  try {
    let last = sample(p);
    for (let i = 0; i < count; i++) {
      if (await Promise.race([quit, p.sleep(i === 0 ? firstLookMs : interval)])) return 0;
      const now = sample(p);
      const text = picture(p, between(last, now));
      if (inTerminal && tty) {
        const rows = text.split('\n').slice(0, tty.rows - 1);
        await p.print(1, `\x1b[H\x1b[J${rows.map((row) => row.slice(0, tty.columns)).join('\n')}`);
      } else await p.print(1, `${text}\n${i + 1 < count ? '\n' : ''}`);
      last = now;
    }
    return 0;
  } finally {
    if (inTerminal && tty && before) {
      Object.assign(tty, before);
      if (!p.status) await p.print(1, '\n');
    }
  }
});

/** Resolves with true at a `q`, or when the terminal is gone. */
async function untilQuit(p: Process): Promise<true> {
  for (;;) {
    const typed = await p.read(0, 64);
    if (typed.length === 0 || typed.includes(0x71) || typed.includes(3)) return true;
  }
}
