/** Package managers, as they answer in a cluster from which no mirror can be reached. */
import type { Process } from '../kernel/process.ts';
import { program } from '../lib/program.ts';
import { toolVersion } from '../lib/versions.ts';

/** What is named on a command line that is no option. */
const operands = (args: readonly string[]) => args.filter((arg) => !arg.startsWith('-'));

export const apk = program('apk', async (p) => {
  const [command, ...names] = operands(p.args);
  const version = toolVersion(p, 'apk');
  if (p.args.includes('--version') || p.args.includes('-V')) {
    await p.print(1, `apk-tools ${version}, compiled for x86_64.\n`);
    return 0;
  }
  if (command === 'update' || command === 'add' || command === 'search' || command === 'upgrade') {
    if (p.uid !== 0) {
      await p.print(
        2,
        'ERROR: Unable to lock database: Permission denied\nERROR: Failed to open apk database: Permission denied\n',
      );
      return 99;
    }
    return noIndexes(p, command, names);
  }
  await p.print(
    command === undefined ? 1 : 2,
    `apk-tools ${version}, compiled for x86_64.\n\nusage: apk [<OPTIONS>...] COMMAND [<ARGUMENTS>...]\n`,
  );
  return command === undefined ? 0 : 1;
});

async function noIndexes(p: Process, command: string, names: readonly string[]): Promise<number> {
  const repositories = p.vfs.find(p, '/etc/apk/repositories') ? p.vfs.readText(p, '/etc/apk/repositories') : '';
  const mirrors = repositories.split('\n').filter((line) => line !== '');
  const index = (mirror: string) => `${mirror}/x86_64/APKINDEX.tar.gz`;
  for (const mirror of mirrors) {
    await p.print(1, `fetch ${index(mirror)}\n`);
    await p.print(2, `WARNING: fetching ${mirror}: temporary error (try again later)\n`);
  }
  if (command === 'update') {
    await p.print(1, `${mirrors.length} unavailable, 0 stale; 14 distinct packages available\n`);
    return mirrors.length;
  }
  if (command !== 'add') return 0;
  if (names.length === 0) {
    await p.print(1, 'OK: 7 MiB in 14 packages\n');
    return 0;
  }
  const missing = names.map((name) => `  ${name} (no such package):\n    required by: world[${name}]\n`).join('');
  await p.print(2, `ERROR: unable to select packages:\n${missing}`);
  return names.length;
}

/** `apt-get` and `apt`. */
export const aptGet = program('apt-get', async (p) => {
  const [command = '', ...names] = operands(p.args);
  const version = `apt ${toolVersion(p, 'apt')} (amd64)\n`;
  if (p.args.includes('--version') || p.args.includes('-v')) {
    await p.print(1, version);
    return 0;
  }
  if (p.name === 'apt' && /^(update|install|upgrade|remove)$/.test(command) && p.fds.get(1)?.isTty !== true) {
    await p.print(2, '\nWARNING: apt does not have a stable CLI interface. Use with caution in scripts.\n\n');
  }
  if (/^(install|update|upgrade|remove|purge|autoremove)$/.test(command) && p.uid !== 0) {
    const lock = command === 'update' ? '/var/lib/apt/lists/lock' : '/var/lib/dpkg/lock-frontend';
    await p.print(
      2,
      `E: Could not open lock file ${lock} - open (13: Permission denied)\nE: Unable to acquire the dpkg frontend lock (${lock}), are you root?\n`,
    );
    return 100;
  }
  if (command === 'update') return noMirrors(p);
  if (command === 'install') {
    await p.print(1, 'Reading package lists...\nBuilding dependency tree...\n');
    for (const name of names) await p.print(2, `E: Unable to locate package ${name}\n`);
    if (names.length > 0) return 100;
    await p.print(1, '0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.\n');
    return 0;
  }
  if (/^(upgrade|autoremove|dist-upgrade|clean|autoclean|remove|purge)$/.test(command)) {
    await p.print(
      1,
      command.includes('clean')
        ? ''
        : 'Reading package lists...\nBuilding dependency tree...\n0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.\n',
    );
    return 0;
  }
  if (command !== '') {
    await p.print(2, `E: Invalid operation ${command}\n`);
    return 100;
  }
  await p.print(1, `${version}Usage: ${p.name} [options] command\n`);
  return 0;
});

async function noMirrors(p: Process): Promise<number> {
  const { name, family } = p.container.image.system;
  const host = family === 'ubuntu' ? 'archive.ubuntu.com' : 'deb.debian.org';
  const security =
    family === 'ubuntu'
      ? `http://security.ubuntu.com/ubuntu ${name}-security`
      : `http://deb.debian.org/debian-security ${name}-security`;
  const base = `http://${host}/${family} `;
  const suites = [`${base}${name}`, `${base}${name}-updates`, security];
  const hostOf = (suite: string) => new URL(suite.split(' ')[0] ?? suite).hostname;
  let out = '';
  suites.forEach((suite, i) => {
    out += `Err:${i + 1} ${suite} InRelease\n  Temporary failure resolving '${hostOf(suite)}'\n`;
  });
  await p.print(1, `${out}Reading package lists...\n`);
  const warnings = suites.map(
    (suite) =>
      `W: Failed to fetch ${suite.replace(' ', '/dists/')}/InRelease  Temporary failure resolving '${hostOf(suite)}'\n`,
  );
  await p.print(
    2,
    `${warnings.join('')}W: Some index files failed to download. They have been ignored, or old ones used instead.\n`,
  );
  return 0;
}

export const dpkg = program('dpkg', async (p) => {
  if (p.args[0] === '--version') {
    await p.print(1, `Debian 'dpkg' package management program version ${toolVersion(p, 'dpkg')} (amd64).\n`);
    return 0;
  }
  if (p.args[0] === '--print-architecture') {
    await p.print(1, 'amd64\n');
    return 0;
  }
  if (p.args[0] === '-s' && p.args[1] !== undefined) {
    await p.print(2, `dpkg-query: package '${p.args[1]}' is not installed and no information is available\n`);
    return 1;
  }
  await p.print(2, 'dpkg: error: need an action option\n');
  return 2;
});
