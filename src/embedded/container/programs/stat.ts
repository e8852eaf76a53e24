import type { Process } from '../kernel/process.ts';
import { work } from '../kernel/work.ts';
import { modeString } from '../lib/file-format.ts';
import { eachFile } from '../lib/files.ts';
import { parseOptions } from '../lib/options.ts';
import { isBusybox, program, UsageError } from '../lib/program.ts';
import { groupName, userName } from '../lib/users.ts';

function stamp(ms: number): string {
  return `${new Date(ms).toISOString().replace('T', ' ').replace('Z', '')}000000 +0000`;
}

type Stat = ReturnType<Process['vfs']['stat']>;

/** What stands for each letter of a format. */
function valuesOf(p: Process, file: string, s: Stat, target: string): Record<string, string> {
  const kinds = {
    dir: 'directory',
    link: 'symbolic link',
    device: 'character special file',
    generated: 'regular file',
  };
  const kind = s.kind === 'file' ? (s.size === 0 ? 'regular empty file' : 'regular file') : kinds[s.kind];
  const octal = s.mode.toString(8);
  const type = { file: 0o100000, generated: 0o100000, dir: 0o040000, link: 0o120000, device: 0o020000 }[s.kind];
  return {
    a: octal,
    A: modeString(s),
    f: (type | s.mode).toString(16),
    F: kind,
    g: String(s.gid),
    G: groupName(p, s.gid) ?? 'UNKNOWN',
    u: String(s.uid),
    U: userName(p, s.uid) ?? 'UNKNOWN',
    h: String(s.nlink),
    i: String(s.ino),
    n: file,
    N: `'${file}'${target.replace(/-> (.*)/, "-> '$1'")}`,
    s: String(s.size),
    b: String(Math.ceil(s.size / 512)),
    B: '512',
    o: '4096',
    d: '42',
    D: '2a',
    t: '0',
    T: '0',
    m: '/',
    x: stamp(s.mtime),
    y: stamp(s.mtime),
    z: stamp(s.mtime),
    w: '-',
    W: '0',
    X: String(Math.floor(s.mtime / 1000)),
    Y: String(Math.floor(s.mtime / 1000)),
    Z: String(Math.floor(s.mtime / 1000)),
    '%': '%',
  };
}

export const stat = program('stat', async (p) => {
  const options = parseOptions(p, 'Lc:ft', {
    dereference: 'L',
    format: 'c',
    printf: 'printf:',
    'file-system': 'f',
    terse: 't',
  });
  if (options.operands.length === 0) throw new UsageError('missing operand');
  const format = options.get('c') ?? options.get('printf');
  return eachFile(
    p,
    options.operands,
    async (file) => {
      const s = p.vfs.stat(p, file, options.has('L') || file.endsWith('/'));
      const target = s.kind === 'link' ? ` -> ${p.vfs.readlink(p, file)}` : '';
      const values = valuesOf(p, file, s, target);
      if (format !== undefined) {
        const text = format.replace(/%(-?\d*)([a-zA-Z%])/g, (whole, width: string, c: string) => {
          const value = values[c] ?? whole;
          work(Math.abs(Number(width)));
          return width.startsWith('-') ? value.padEnd(-Number(width)) : value.padStart(Number(width || 0));
        });
        await p.print(1, options.has('printf') ? text.replaceAll('\\n', '\n').replaceAll('\\t', '\t') : `${text}\n`);
        return;
      }
      const lines = [
        `  File: ${file}${target}`,
        `  Size: ${String(s.size).padEnd(10)}\tBlocks: ${String(Math.ceil(s.size / 512)).padEnd(10)} IO Block: 4096   ${values.F}`,
        `Device: 2ah/42d\tInode: ${String(s.ino).padEnd(11)} Links: ${s.nlink}`,
        `Access: (${(values.a ?? '').padStart(4, '0')}/${modeString(s)})  Uid: (${String(s.uid).padStart(5)}/${(values.U ?? '').padStart(8)})   Gid: (${String(s.gid).padStart(5)}/${(values.G ?? '').padStart(8)})`,
        `Access: ${stamp(s.mtime)}`,
        `Modify: ${stamp(s.mtime)}`,
        `Change: ${stamp(s.mtime)}`,
      ];
      await p.print(1, `${lines.join('\n')}\n`);
    },
    (file, error) =>
      isBusybox(p) ? `can't stat '${file}': ${error.message}` : `cannot statx '${file}': ${error.message}`,
  );
});
