/** Programs that use CPU and memory. They only count as using them: the machine that this runs on has better things to do. */
import type { Process } from '../kernel/process.ts';
import { signals } from '../kernel/signals.ts';
import { formatDate } from '../lib/format-date.ts';
import { type Options, parseOptions } from '../lib/options.ts';
import { program, UsageError } from '../lib/program.ts';

const binary: Record<string, number> = { '': 1, B: 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 };
const seconds: Record<string, number> = { '': 1, S: 1, M: 60, H: 3600, D: 86_400, W: 604_800, Y: 31_557_600 };

function scaled(text: string, units: Record<string, number>, complaint: (text: string) => string): number {
  const match = /^(\d+(?:\.\d+)?)([a-zA-Z]?)$/.exec(text);
  const unit = units[(match?.[2] ?? '').toUpperCase()];
  if (!match || unit === undefined) throw new UsageError(complaint(text));
  return Number(match[1]) * unit;
}

interface Hog {
  cores: number;
  bytes: number;
}

/** Starts a child for each hog. */
function startHogs(p: Process, hogs: readonly Hog[]): Process[] {
  return hogs.map(({ cores, bytes }) =>
    p.container.spawn({
      ...{ parent: p, argv: p.argv, env: p.env, cwd: p.cwd, uid: p.uid, gid: p.gid, groups: p.groups, fds: p.fds },
      main: async (child) => {
        child.pretend(bytes);
        child.pretendCpu(cores);
        await child.block(() => undefined);
        return 0;
      },
    }),
  );
}

/** Waits until the time is over, a hog has died or a signal came; then none of them runs any more. */
async function untilEnd(
  p: Process,
  hogs: readonly Process[],
  limitSeconds: number | undefined,
): Promise<'over' | 'interrupted' | Process> {
  const end = await p.block<'over' | 'interrupted' | Process>((resolve) => {
    for (const hog of hogs) hog.onExit(() => resolve(hog));
    for (const n of [signals.SIGINT, signals.SIGTERM]) p.dispositions.set(n, () => resolve('interrupted'));
    if (limitSeconds === undefined) return undefined;
    const timer = p.container.clock.after(limitSeconds * 1000, () => resolve('over'));
    return () => timer.cancel();
  });
  for (const hog of hogs) hog.signal(signals.SIGKILL);
  return end;
}

const stressUsage = (name: string) => `\`stress' imposes certain types of compute stress on your system

Usage: ${name} [OPTION [ARG]] ...
 -?, --help         show this help statement
     --version      show version statement
 -v, --verbose      be verbose
 -q, --quiet        be quiet
 -n, --dry-run      show what would have been done
 -t, --timeout N    timeout after N seconds
     --backoff N    wait factor of N microseconds before work starts
 -c, --cpu N        spawn N workers spinning on sqrt()
 -i, --io N         spawn N workers spinning on sync()
 -m, --vm N         spawn N workers spinning on malloc()/free()
     --vm-bytes B   malloc B bytes per vm worker (default is 256MB)
     --vm-stride B  touch a byte every B bytes (default is 4096)
     --vm-hang N    sleep N secs before free (default none, 0 is inf)
     --vm-keep      redirty memory instead of freeing and reallocating
 -d, --hdd N        spawn N workers spinning on write()/unlink()
     --hdd-bytes B  write B bytes per hdd worker (default is 1GB)

Example: stress --cpu 8 --io 4 --vm 2 --vm-bytes 128M --timeout 10s

Note: Numbers may be suffixed with s,m,h,d,y (time) or B,K,M,G (size).
`;

/** stress 1.0.4. */
export const stress = program('stress', async (p) => {
  const say = (kind: string, text: string, fd = 1) => p.print(fd, `stress: ${kind}: [${p.pid}] ${text}\n`);
  const bad = (text: string) => `FAIL: [${p.pid}] (244) unrecognized option: ${text}`;
  let options: Options;
  try {
    options = parseOptions(p, 'c:m:i:d:t:vqn?', {
      ...{ cpu: 'c', vm: 'm', io: 'i', hdd: 'd', timeout: 't', verbose: 'v', quiet: 'q', 'dry-run': 'n', help: '?' },
      ...{ version: 'version', backoff: 'backoff:', 'vm-bytes': 'vm-bytes:', 'vm-stride': 'vm-stride:' },
      ...{ 'vm-hang': 'vm-hang:', 'vm-keep': 'vm-keep', 'hdd-bytes': 'hdd-bytes:' },
    });
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const [, quoted, plain] = /'-*([^']+)'|option: (.*)/.exec(error.message) ?? [];
    const option = quoted ?? plain ?? '';
    await say('FAIL', `(244) unrecognized option: ${option.length === 1 ? '-' : '--'}${option}`, 2);
    return 1;
  }
  if (options.operands.length > 0) throw new UsageError(bad(options.operands[0] ?? ''));
  if (options.has('version')) {
    await p.print(1, 'stress 1.0.4\n');
    return 0;
  }
  if (options.has('?') || p.args.length === 0) {
    await p.print(1, stressUsage(p.name));
    return options.has('?') ? 0 : 1;
  }
  const count = (option: string) => {
    const text = options.get(option) ?? '0';
    if (!/^\d+$/.test(text)) throw new UsageError(`FAIL: [${p.pid}] (382) invalid number: ${text}`);
    return Number(text);
  };
  const [cpu, io, vm, hdd] = [count('c'), count('i'), count('m'), count('d')];
  const bytes = scaled(
    options.get('vm-bytes') ?? '256M',
    binary,
    (text) => `FAIL: [${p.pid}] (382) invalid number: ${text}`,
  );
  const limit = options.get('t');
  const end =
    limit === undefined
      ? undefined
      : scaled(limit, seconds, (text) => `FAIL: [${p.pid}] (382) invalid number: ${text}`);
  const started = p.container.clock.now();
  if (!options.has('q')) await say('info', `dispatching hogs: ${cpu} cpu, ${io} io, ${vm} vm, ${hdd} hdd`);
  if (options.has('n')) return 0;
  // Memory is written over and over, unless it is held for a while.
  const vmCores = options.has('vm-hang') ? 0 : 1;
  const hogs = startHogs(p, [
    ...Array.from({ length: cpu }, () => ({ cores: 1, bytes: 0 })),
    ...Array.from({ length: io + hdd }, () => ({ cores: 0.05, bytes: 0 })),
    ...Array.from({ length: vm }, () => ({ cores: vmCores, bytes })),
  ]);
  if (options.has('v')) {
    for (const hog of hogs) await say('dbug', `--> hog worker [${hog.pid}] forked`);
  }
  const ended = await untilEnd(p, hogs, end);
  const took = Math.round((p.container.clock.now() - started) / 1000);
  if (ended === 'interrupted') return 128 + signals.SIGTERM;
  if (ended !== 'over') {
    await say('FAIL', `(415) <-- worker ${ended.pid} got signal ${ended.status?.signal ?? 0}`, 2);
    await say('WARN', '(417) now reaping child worker processes', 2);
    await say('FAIL', `(451) failed run completed in ${took}s`, 2);
    return 1;
  }
  if (!options.has('q')) await say('info', `successful run completed in ${took}s`);
  return 0;
});

/** A duration as stress-ng says it. */
function spoken(total: number): string {
  const units: [string, number][] = [
    ['day', 86_400],
    ['hour', 3600],
    ['min', 60],
    ['sec', 1],
  ];
  let left = Math.round(total);
  const parts: string[] = [];
  for (const [name, size] of units) {
    const n = Math.floor(left / size);
    left -= n * size;
    if (n > 0) parts.push(`${n} ${name}${n > 1 ? 's' : ''}`);
  }
  return parts.length > 0 ? parts.join(', ') : '0 secs';
}

const NODE_BYTES = 8 * 1024 ** 3;

const ngVersion = 'stress-ng, version 0.17.01\n';
const ngUsage = `${ngVersion}
Usage: stress-ng [OPTION [ARG]]

General control options:
 -n, --dry-run            do not run stressors
 -q, --quiet              quiet output
 -t T, --timeout T        timeout after T seconds
      --metrics-brief     print short metrics

Stressors:
 -c N, --cpu N            start N workers that perform CPU only loading
 -l P, --cpu-load P       load CPU by P %
 -d N, --hdd N            start N workers spinning on write()/unlink()
 -i N, --io N             start N workers spinning on sync()
      --matrix N          start N workers exercising matrix operations
 -m N, --vm N             start N workers spinning on anonymous mmap
      --vm-bytes N        allocate N bytes per vm worker (default 256MB)
      --vm-hang N         sleep N seconds before freeing memory
      --vm-keep           redirty memory instead of reallocating

Example: stress-ng --cpu 8 --io 4 --vm 2 --vm-bytes 128M --fork 4 --timeout 10s
`;

const ngFlags: Readonly<Record<string, string>> = {
  cpu: 'c',
  'cpu-load': 'l',
  'cpu-method': 'cpu-method:',
  'cpu-ops': 'cpu-ops:',
  io: 'i',
  vm: 'm',
  'vm-bytes': 'vm-bytes:',
  'vm-hang': 'vm-hang:',
  'vm-keep': 'vm-keep',
  'vm-method': 'vm-method:',
  'vm-ops': 'vm-ops:',
  'vm-populate': 'vm-populate',
  hdd: 'd',
  'hdd-bytes': 'hdd-bytes:',
  matrix: 'matrix:',
  timeout: 't',
  verbose: 'v',
  quiet: 'q',
  'dry-run': 'n',
  help: 'h',
  version: 'V',
  metrics: 'metrics',
  'metrics-brief': 'metrics',
  'temp-path': 'temp-path:',
  taskset: 'taskset:',
  oomable: 'oomable',
  times: 'times',
  verify: 'verify',
};

/** How many workers an option asks for. Throws a UsageError for what is no number. */
function workers(options: Options, option: string): number {
  const text = options.get(option);
  if (text === undefined) return 0;
  if (!/^-?\d+$/.test(text)) throw new UsageError(`cannot scan integer from '${text}'`);
  // None given means one for each processor.
  return Number(text) > 0 ? Number(text) : 4;
}

/** What each of so many workers of stress-ng's `--vm` takes; of a percentage each has its part. */
function vmBytesOf(options: Options, count: number): number {
  const share = options.get('vm-bytes') ?? '256M';
  const percent = /^(\d+)%$/.exec(share)?.[1];
  return percent === undefined
    ? scaled(share, binary, (text) => `invalid size '${text}'`)
    : (NODE_BYTES * Number(percent)) / 100 / Math.max(1, count);
}

/** The load of each worker that stress-ng's options ask for. */
function ngHogs(options: Options, wanted: readonly [kind: string, count: number][], vmBytes: number): Hog[] {
  const load = Math.max(0, Math.min(100, options.number('l') ?? 100)) / 100;
  const cores: Record<string, number> = {
    cpu: load,
    matrix: 1,
    io: 0.05,
    hdd: 0.05,
    vm: options.has('vm-hang') ? 0 : 1,
  };
  return wanted.flatMap(([kind, count]) =>
    Array.from({ length: count }, () => ({ cores: cores[kind] ?? 0, bytes: kind === 'vm' ? vmBytes : 0 })),
  );
}

/** stress-ng, with the stressors that load CPU, memory and disk. */
export const stressNg = program('stress-ng', async (p) => {
  const say = (kind: string, text: string) =>
    p.print(kind === 'info' ? 1 : 2, `stress-ng: ${`${kind}:`.padEnd(6)} [${p.pid}] ${text}\n`);
  let options: Options;
  try {
    options = parseOptions(p, 'c:m:i:d:t:l:vqnhV', ngFlags);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const text = error.message.split('\n')[0] ?? '';
    await p.print(2, `stress-ng: ${text}\n`);
    return 1;
  }
  if (options.has('V')) {
    await p.print(1, ngVersion);
    return 0;
  }
  const flags = { cpu: 'c', io: 'i', vm: 'm', hdd: 'd', matrix: 'matrix' };
  const wanted = Object.entries(flags)
    .map(([kind, flag]): [string, number] => [kind, workers(options, flag)])
    .filter(([, count]) => count > 0);
  if (options.has('h') || (wanted.length === 0 && p.args.length === 0)) {
    await p.print(1, ngUsage);
    return 0;
  }
  if (wanted.length === 0) {
    await say('error', 'No stress workers invoked');
    return 1;
  }
  const bytes = vmBytesOf(options, Object.fromEntries(wanted).vm ?? 0);
  const limit = scaled(options.get('t') ?? '24h', seconds, (text) => `invalid time '${text}'`);
  const started = p.container.clock.now();
  const info = async (text: string) => {
    if (!options.has('q')) await say('info', text);
  };
  await info(`setting to a ${spoken(limit)} run per stressor`);
  await info(`dispatching hogs: ${wanted.map(([name, n]) => `${n} ${name}`).join(', ')}`);
  if (options.has('n')) return 0;
  const ended = await untilEnd(p, startHogs(p, ngHogs(options, wanted, bytes)), limit === 0 ? undefined : limit);
  const failed = ended !== 'over' && ended !== 'interrupted';
  const list = wanted.map(([name, n]) => `${name} (${n})`).join(' ');
  const total = wanted.reduce((sum, [, n]) => sum + n, 0);
  await info('skipped: 0');
  await info(failed ? 'passed: 0' : `passed: ${total}: ${list}`);
  await info(failed ? `failed: ${total}: ${list}` : 'failed: 0');
  await info('metrics untrustworthy: 0');
  await info(
    `${failed ? 'unsuccessful' : 'successful'} run completed in ${spoken((p.container.clock.now() - started) / 1000)}`,
  );
  return failed ? 2 : 0;
});

const quantities: Record<string, number> = {
  ...{ '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12 },
  ...{ Ki: 1024, Mi: 1024 ** 2, Gi: 1024 ** 3, Ti: 1024 ** 4 },
};

/** registry.k8s.io/stress and vish/stress: takes memory step by step, then only holds it. */
export const memoryStress = program(
  'memory-stress',
  async (p) => {
    const flags = new Map<string, string>();
    for (let i = 0; i < p.args.length; i++) {
      const match = /^--?([\w-]+)(?:=(.*))?$/.exec(p.args[i] ?? '');
      if (!match) break;
      const [, name = '', value] = match;
      if (!/^(cpus|mem-total|mem-alloc-size|mem-alloc-sleep|logtostderr|alsologtostderr|v)$/.test(name)) {
        await p.print(
          2,
          `flag provided but not defined: -${name}\nUsage of ${p.argv[0]}:\n  -cpus int\n    \ttotal number of CPUs to utilize\n  -mem-alloc-size string\n    \tamount of memory to be consumed in each allocation (default "4Ki")\n  -mem-alloc-sleep duration\n    \tduration to sleep between allocations (default 1ms)\n  -mem-total string\n    \ttotal memory to be consumed. Memory will be consumed via multiple allocations.\n`,
        );
        return 2;
      }
      flags.set(name, value ?? (/logtostderr$/.test(name) ? 'true' : (p.args[++i] ?? '')));
    }
    const log = (line: number, text: string) =>
      p.print(
        2,
        `I${formatDate(p.container.clock.now(), '%m%d %H:%M:%S.%6N')}       ${p.pid} main.go:${line}] ${text}\n`,
      );
    const bytes = (text: string) => {
      const match = /^(\d+(?:\.\d+)?)([kMGT]|[KMGT]i)?$/.exec(text);
      if (!match)
        throw new UsageError(
          "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
        );
      return Number(match[1]) * (quantities[match[2] ?? ''] ?? 1);
    };
    const [total, step] = [flags.get('mem-total') ?? '0', flags.get('mem-alloc-size') ?? '4Ki'];
    const pause = duration(flags.get('mem-alloc-sleep') ?? '1ms');
    await log(
      26,
      `Allocating "${total}" memory, in "${step}" chunks, with a ${flags.get('mem-alloc-sleep') ?? '1ms'} sleep between allocations`,
    );
    const cpus = Number(flags.get('cpus') ?? 0);
    for (let i = 0; i < cpus; i++) await log(39, 'Spawning a thread to consume CPU');
    p.pretendCpu(cpus);
    const [all, each] = [bytes(total), Math.max(1, bytes(step))];
    // Steps of less than a tenth of a second are taken together.
    const together = Math.max(1, Math.ceil(100 / Math.max(pause, 0.01)));
    for (let taken = 0; taken < all; ) {
      const more = Math.min(all - taken, each * together);
      p.pretend(more);
      taken += more;
      await p.sleep(Math.ceil(more / each) * pause);
    }
    await log(29, `Allocated "${total}" memory`);
    await p.block(() => undefined);
    return 0;
  },
  { go: true },
);

const units: Record<string, number> = { ns: 1e-6, us: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** A duration of Go in milliseconds. */
function duration(text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ns|us|ms|s|m|h)/g)];
  return parts.reduce((sum, [, n, unit]) => sum + Number(n) * (units[unit ?? ''] ?? 0), 0);
}
