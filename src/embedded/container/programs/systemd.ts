/** What runs a node: its init, the tools that talk to it, and the kubelet's executable. */
import { ownValue } from '../../../kernel/own.ts';
import type { JournalEntry, UnitAnswer } from '../../node-api.ts';
import type { Process } from '../kernel/process.ts';
import { signals } from '../kernel/signals.ts';
import { untilSignal } from '../lib/http-server.ts';
import { parseOptions } from '../lib/options.ts';
import { program, UsageError } from '../lib/program.ts';
import { formatDate } from './date.ts';

/** What tells that a system was started by systemd. */
const bootedMark = '/run/systemd/system';

/** pid 1 of a node. */
export const init = program('init', async (p) => {
  await untilSignal(p, signals.SIGTERM, signals.SIGINT);
  return 0;
});

/** Starts, stops and shows the services of the node. */
export const systemctl = program('systemctl', async (p) => {
  if (!p.vfs.find(p, bootedMark)) {
    const why = "System has not been booted with systemd as init system (PID 1). Can't operate.";
    await p.print(2, `${why}\nFailed to connect to bus: Host is down\n`);
    return 1;
  }
  const words = p.args.filter((arg) => !arg.startsWith('-'));
  const now = p.args.includes('--now');
  const [verb = 'list-units', ...units] = words;
  const verbs =
    now && (verb === 'enable' || verb === 'disable') ? [verb, verb === 'enable' ? 'start' : 'stop'] : [verb];
  let code = 0;
  for (const one of verbs) {
    const answer = (await p.until(p.container.askNode({ kind: 'unit', verb: one, units }))) as UnitAnswer;
    const quiet = p.args.includes('-q') || p.args.includes('--quiet');
    if (!quiet) await p.print(1, answer.stdout);
    await p.print(2, answer.stderr);
    code = answer.code;
    if (code !== 0) break;
  }
  return code;
});

const followEvery = 500;

/** Shows the node's journal. */
export const journalctl = program('journalctl', async (p) => {
  const options = parseOptions(p, 'u:n:fxerbkqo:S:U:p:t:', {
    unit: 'u:',
    lines: 'n:',
    follow: 'f',
    catalog: 'x',
    'pager-end': 'e',
    'no-pager': 'no-pager',
    'no-hostname': 'no-hostname',
    reverse: 'r',
    boot: 'b',
    output: 'o:',
    since: 'S:',
    until: 'U:',
    quiet: 'q',
    priority: 'p:',
    identifier: 't:',
  });
  const units = options.all('u').map((unit) => (unit.includes('.') ? unit : `${unit}.service`));
  const since = sinceTime(options.get('S'), p.container.clock.now());
  const fits = ({ unit, at, identifier }: JournalEntry) =>
    (units.length === 0 || units.includes(unit)) &&
    (!options.has('t') || options.get('t') === identifier) &&
    (since === undefined || at >= since);
  const read = async () => {
    if (!p.vfs.find(p, bootedMark)) return [];
    return ((await p.until(p.container.askNode({ kind: 'journal' }))) as JournalEntry[]).filter(fits);
  };
  const form = options.get('o');
  const show = (entries: readonly JournalEntry[]) =>
    p.print(1, entries.map((entry) => `${lineOf(p, entry, form, options.has('no-hostname'))}\n`).join(''));
  let all = await read();
  const count = options.has('n') ? options.number('n') : options.has('f') ? 10 : undefined;
  const shown = count === undefined ? all : count === 0 ? [] : all.slice(-count);
  if (shown.length === 0 && !options.has('f')) {
    await p.print(1, '-- No entries --\n');
    return 0;
  }
  await show(options.has('r') ? shown.reverse() : shown);
  while (options.has('f')) {
    await p.sleep(followEvery);
    const seen = all.at(-1);
    all = await read();
    const from = seen ? all.findLastIndex(({ at, text }) => at === seen.at && text === seen.text) + 1 : 0;
    await show(all.slice(from));
  }
  return 0;
});

function lineOf(p: Process, { at, identifier, pid, text }: JournalEntry, form: string | undefined, bare: boolean) {
  if (form === 'cat') return text;
  const time = form?.startsWith('short-iso') ? formatDate(at, '%FT%T+0000') : formatDate(at, '%b %d %H:%M:%S');
  return `${time} ${bare ? '' : `${p.container.pod.nodeName} `}${identifier}[${pid}]: ${text}`;
}

const periods: Record<string, number> = { s: 1000, sec: 1000, second: 1000, m: 60_000, min: 60_000, minute: 60_000 };
Object.assign(periods, { h: 3_600_000, hour: 3_600_000, d: 86_400_000, day: 86_400_000 });

/** `5 min ago`, `-1h`, `2026-01-01 10:00:00`; undefined: from the beginning. */
function sinceTime(text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined;
  const ago = /^-?(\d+)\s*([a-z]+?)s?(\s+ago)?$/.exec(text);
  const unit = ago && ownValue(periods, ago[2] ?? '');
  if (ago && unit) return now - Number(ago[1]) * unit;
  if (text === 'today') return new Date(now).setUTCHours(0, 0, 0, 0);
  const at = Date.parse(`${text.replace(' ', 'T')}Z`);
  if (Number.isNaN(at)) throw new UsageError(`Failed to parse timestamp: ${text}`);
  return at;
}

/** The kubelet's executable: by hand only good for its version, systemd runs the real one. */
export const kubelet = program('kubelet', async (p) => {
  if (p.args.includes('--version')) {
    await p.print(1, 'Kubernetes v1.35.4\n');
    return 0;
  }
  await p.print(2, 'kubelet: started by systemd only: systemctl start kubelet\n');
  return 1;
});
