/** systemd's view of a node: its services, and what systemctl says of them. */
import type { JournalEntry, UnitAnswer } from '../../node-api.ts';
import type { NodeFiles } from './files.ts';

export const kubeletUnit = 'kubelet.service';
const unitFolder = '/etc/systemd/system';
const wantsLink = `${unitFolder}/multi-user.target.wants/${kubeletUnit}`;

/** What the files of the kubelet's unit say. */
export interface UnitDefinition {
  description: string;
  documentation: string;
  /** The program and its arguments, variables not yet filled in. */
  execStart: string;
  dropIns: readonly string[];
  /** Values of Environment=, by name. */
  environment: ReadonlyMap<string, string>;
  /** Files of EnvironmentFile=, which are read when the unit is started. */
  environmentFiles: readonly string[];
}

/** How the process of a unit ended. */
export interface UnitExit {
  pid: number;
  /** As systemd names it: `1/FAILURE`, `203/EXEC`, `0/SUCCESS`. */
  status: string;
  /** ms since 1970. */
  at: number;
}

export interface UnitState {
  active: 'active' | 'inactive' | 'activating';
  /** When it became so, ms since 1970. */
  since: number;
  pid: number;
  exit?: UnitExit;
}

/** Reads the kubelet's unit file with its drop-ins; undefined: there is no such unit. */
export function readUnit(files: NodeFiles): UnitDefinition | undefined {
  const main = files.text(`${unitFolder}/${kubeletUnit}`);
  if (main === undefined) return undefined;
  const folder = `${unitFolder}/${kubeletUnit}.d`;
  const dropIns = files.names(folder).filter((name) => name.endsWith('.conf'));
  const texts = [main, ...dropIns.map((name) => files.text(`${folder}/${name}`) ?? '')];
  const unit = { description: '', documentation: '', execStart: '' };
  const environment = new Map<string, string>();
  const environmentFiles: string[] = [];
  for (const line of texts.join('\n').split('\n')) {
    const [, key = '', value = ''] = /^\s*(\w+)\s*=(.*)$/.exec(line) ?? [];
    if (key === 'Description') unit.description = value;
    if (key === 'Documentation') unit.documentation = value;
    // An empty one takes the earlier ones back.
    if (key === 'ExecStart') unit.execStart = value.trim();
    if (key === 'Environment') addVariable(environment, value.trim().replace(/^"(.*)"$/, '$1'));
    if (key === 'EnvironmentFile') environmentFiles.push(value.trim().replace(/^-/, ''));
  }
  return { ...unit, dropIns, environment, environmentFiles };
}

function addVariable(environment: Map<string, string>, assignment: string): void {
  const cut = assignment.indexOf('=');
  if (cut > 0) environment.set(assignment.slice(0, cut), assignment.slice(cut + 1));
}

/** The command line with the unit's variables in it, as they are now. */
export function commandLine(
  { execStart, environment: own, environmentFiles }: UnitDefinition,
  files: NodeFiles,
): string[] {
  const environment = new Map(own);
  for (const line of environmentFiles.flatMap((path) => (files.text(path) ?? '').split('\n'))) {
    addVariable(environment, line.replace(/"/g, ''));
  }
  return execStart
    .replace(/\$\{?(\w+)\}?/g, (_, name: string) => environment.get(name) ?? '')
    .split(/\s+/)
    .filter(Boolean);
}

export const isEnabled = (files: NodeFiles) => files.entry(wantsLink) !== undefined;

/** Makes the unit start with the node, or not; the answer is systemctl's. */
export function enable(files: NodeFiles, on: boolean): UnitAnswer {
  if (on === isEnabled(files)) return said('');
  const { [wantsLink]: _, ...others } = files.entries;
  files.replace(on ? { ...others, [wantsLink]: { kind: 'link', target: `${unitFolder}/${kubeletUnit}` } } : others);
  const text = on ? `Created symlink ${wantsLink} → ${unitFolder}/${kubeletUnit}.\n` : `Removed "${wantsLink}".\n`;
  return { stdout: '', stderr: text, code: 0 };
}

export const said = (stdout: string, code = 0): UnitAnswer => ({ stdout, stderr: '', code });
export const complained = (stderr: string, code: number): UnitAnswer => ({ stdout: '', stderr, code });

/** `systemctl status`, as long as it fits on a screen. */
export function statusText(
  unit: UnitDefinition,
  state: UnitState,
  facts: { files: NodeFiles; now: number; node: string; journal: readonly JournalEntry[] },
): string {
  const { files, now, node, journal } = facts;
  const { active, since, pid, exit } = state;
  const name = kubeletUnit.replace('.service', '');
  const row = (title: string, text: string) => `${title.padStart(11)}: ${text}`;
  const time = `since ${dateText(since)}; ${span(now - since)} ago`;
  const dot = active === 'inactive' ? '○' : '●';
  const lines = [
    `${dot} ${kubeletUnit} - ${unit.description}`,
    row(
      'Loaded',
      `loaded (${unitFolder}/${kubeletUnit}; ${isEnabled(files) ? 'enabled' : 'disabled'}; preset: enabled)`,
    ),
  ];
  if (unit.dropIns.length > 0) {
    lines.push(row('Drop-In', `${unitFolder}/${kubeletUnit}.d`), `${' '.repeat(13)}└─${unit.dropIns.join(', ')}`);
  }
  const ended = exit && `(code=exited, status=${exit.status})`;
  if (active === 'active') lines.push(row('Active', `active (running) ${time}`));
  if (active === 'inactive') lines.push(row('Active', exit ? `inactive (dead) ${time}` : 'inactive (dead)'));
  if (active === 'activating') lines.push(row('Active', `activating (auto-restart) (Result: exit-code) ${time}`));
  if (active !== 'active' && exit) lines.push(row('Process', `${exit.pid} ExecStart=${unit.execStart} ${ended}`));
  lines.push(row('Docs', unit.documentation));
  if (active === 'active') {
    const command = commandLine(unit, files).join(' ');
    lines.push(row('Main PID', `${pid} (${name})`), row('CGroup', `/kubelet.slice/${kubeletUnit}`));
    lines.push(`${' '.repeat(13)}└─${pid} ${command}`);
  } else if (exit) lines.push(row('Main PID', `${exit.pid} ${ended}`));
  const tail = journal.filter((entry) => entry.unit === kubeletUnit).slice(-10);
  const logged = tail.map(
    ({ at, identifier, pid: by, text }) => `${dateText(at, true)} ${node} ${identifier}[${by}]: ${text}`,
  );
  return `${[...lines, ...(logged.length > 0 ? ['', ...logged] : [])].join('\n')}\n`;
}

const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function dateText(ms: number, short = false): string {
  const date = new Date(ms);
  const iso = date.toISOString();
  if (short) return `${months[date.getUTCMonth()]} ${iso.slice(8, 10)} ${iso.slice(11, 19)}`;
  return `${days[date.getUTCDay()]} ${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`;
}

/** As systemd's format_timespan: the two largest units. */
function span(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 1) return `${ms}ms`;
  const [d, h, min, s] = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3600) % 24,
    Math.floor(seconds / 60) % 60,
    seconds % 60,
  ];
  const parts = [d && `${d}d`, h && `${h}h`, min && `${min}min`, s && `${s}s`].filter(Boolean);
  return parts.slice(0, 2).join(' ');
}
