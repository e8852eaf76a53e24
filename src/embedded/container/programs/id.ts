import { parseOptions } from '../lib/options.ts';
import { program, UsageError } from '../lib/program.ts';
import { groupName, userId, userName } from '../lib/users.ts';

export const id = program('id', async (p) => {
  const options = parseOptions(p, 'ugGnr', { user: 'u', group: 'g', groups: 'G', name: 'n', real: 'r' });
  const [name] = options.operands;
  let { uid, gid } = p;
  let groups = [...new Set([p.gid, ...p.groups])];
  if (name !== undefined) {
    const found = userId(p, name);
    if (found === undefined) throw new UsageError(`'${name}': no such user`);
    uid = found;
    gid = found;
    groups = [gid];
  }
  const user = (n: number) => (options.has('n') ? (userName(p, n) ?? String(n)) : String(n));
  const group = (n: number) => (options.has('n') ? (groupName(p, n) ?? String(n)) : String(n));
  if (options.has('u')) await p.print(1, `${user(uid)}\n`);
  else if (options.has('g')) await p.print(1, `${group(gid)}\n`);
  else if (options.has('G')) await p.print(1, `${groups.map(group).join(' ')}\n`);
  else {
    const label = (n: number, text: string | undefined) => (text === undefined ? String(n) : `${n}(${text})`);
    // Supplementary groups come in the order of the process' list.
    const all = p.groups.length > 0 && name === undefined ? p.groups : groups;
    const listed = all.map((g) => label(g, groupName(p, g))).join(',');
    await p.print(
      1,
      `uid=${label(uid, userName(p, uid))} gid=${label(gid, groupName(p, gid))}${listed === '' ? '' : ` groups=${listed}`}\n`,
    );
  }
  return 0;
});

export const whoami = program('whoami', async (p) => {
  const name = userName(p, p.uid);
  if (name === undefined) {
    await p.print(
      2,
      p.flavor === 'busybox' ? `whoami: unknown uid ${p.uid}\n` : `whoami: cannot find name for user ID ${p.uid}\n`,
    );
    return 1;
  }
  await p.print(1, `${name}\n`);
  return 0;
});

export const groups = program('groups', async (p) => {
  const all = [...new Set([p.gid, ...p.groups])];
  await p.print(1, `${all.map((g) => groupName(p, g) ?? String(g)).join(' ')}\n`);
  return 0;
});
