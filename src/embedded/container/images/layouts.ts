/** What images have in common: base systems with their tools. */
import type { System } from '../kernel/image.ts';
import type { Tree } from './tree.ts';

/** Tools that busybox has as applets. */
export const busyboxApplets: readonly string[] = [
  ...[
    '[',
    '[[',
    'arch',
    'awk',
    'base64',
    'basename',
    'cat',
    'chmod',
    'chown',
    'chroot',
    'clear',
    'cmp',
    'cp',
    'cut',
    'date',
  ],
  ...['dd', 'df', 'diff', 'dirname', 'du', 'echo', 'egrep', 'env', 'expr', 'false', 'fgrep', 'find', 'free', 'getent'],
  ...['grep', 'groups', 'gunzip', 'gzip', 'head', 'hexdump', 'hostname', 'httpd', 'id', 'ifconfig', 'ip', 'kill'],
  ...['killall', 'less', 'link', 'ln', 'ls', 'md5sum', 'mkdir', 'mktemp', 'more', 'mount', 'mv', 'nc', 'netstat'],
  ...['nl', 'nohup', 'nproc', 'nslookup', 'od', 'paste', 'pgrep', 'pidof', 'ping', 'pkill', 'printenv', 'printf', 'ps'],
  ...['pwd', 'readlink', 'realpath', 'rev', 'rm', 'rmdir', 'sed', 'seq', 'sha1sum', 'sha256sum', 'sha512sum', 'sleep'],
  ...['sort', 'stat', 'stty', 'sync', 'tac', 'tail', 'tar', 'tee', 'telnet', 'test', 'time', 'timeout', 'top', 'touch'],
  ...[
    'tr',
    'true',
    'truncate',
    'tty',
    'uname',
    'uniq',
    'unlink',
    'uptime',
    'vi',
    'watch',
    'wc',
    'wget',
    'which',
    'whoami',
  ],
  ...['comm', 'fold', 'nice', 'shuf', 'split', 'xargs', 'yes', 'zcat'],
];

/** What a Debian image has without installing anything. */
const debianTools: readonly string[] = [
  ...[
    '[',
    'arch',
    'awk',
    'base64',
    'basename',
    'cat',
    'chmod',
    'chown',
    'clear',
    'cmp',
    'cp',
    'cut',
    'date',
    'dd',
    'df',
  ],
  ...['diff', 'dirname', 'du', 'echo', 'egrep', 'env', 'expr', 'false', 'fgrep', 'find', 'getent', 'grep', 'groups'],
  ...['gunzip', 'gzip', 'head', 'hostname', 'id', 'link', 'ln', 'ls', 'md5sum', 'mkdir', 'mktemp', 'more'],
  ...[
    'mount',
    'mv',
    'nl',
    'nohup',
    'nproc',
    'od',
    'paste',
    'pidof',
    'printenv',
    'printf',
    'pwd',
    'readlink',
    'realpath',
  ],
  ...['rev', 'rm', 'rmdir', 'sed', 'seq', 'sha1sum', 'sha256sum', 'sha512sum', 'sleep', 'sort', 'stat', 'stty', 'sync'],
  ...['tac', 'tail', 'tar', 'tee', 'test', 'timeout', 'touch', 'tr', 'true', 'truncate', 'tty', 'uname', 'uniq'],
  ...['unlink', 'wc', 'which', 'whoami', 'xargs', 'yes', 'zcat'],
  ...['comm', 'fold', 'join', 'nice', 'shuf', 'split'],
];

const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
export const pathEnv = { PATH: defaultPath };

interface Account {
  name: string;
  uid: number;
  gid?: number;
  home?: string;
  shell?: string;
}

/** /etc/passwd and /etc/group of the base system, with accounts of the image. */
function accounts(tree: Tree, shell: string, more: readonly Account[]): void {
  const all: Account[] = [
    { name: 'root', uid: 0, home: '/root', shell },
    { name: 'daemon', uid: 1, home: '/usr/sbin' },
    { name: 'bin', uid: 2, home: '/bin' },
    { name: 'www-data', uid: 33, home: '/var/www' },
    ...more,
    { name: 'nobody', uid: 65534, home: '/home' },
  ];
  const line = (a: Account) =>
    `${a.name}:x:${a.uid}:${a.gid ?? a.uid}:${a.name}:${a.home ?? '/nonexistent'}:${a.shell ?? '/bin/false'}\n`;
  tree.file('/etc/passwd', all.map(line).join(''));
  tree.file(
    '/etc/group',
    all.map((a) => `${a.name === 'nobody' ? 'nogroup' : a.name}:x:${a.gid ?? a.uid}:\n`).join(''),
  );
  tree.file('/etc/shadow', all.map((a) => `${a.name}:*:19700:0:99999:7:::\n`).join(''), 0o640);
  tree.file('/etc/nsswitch.conf', 'passwd: files\ngroup: files\nhosts: files dns\n');
}

function folders(tree: Tree): void {
  for (const path of ['/etc', '/home', '/opt', '/srv', '/mnt', '/proc', '/sys', '/dev', '/usr/local/bin', '/var/lib']) {
    tree.dir(path);
  }
  for (const path of ['/run', '/var/log', '/var/cache', '/usr/share', '/usr/lib']) tree.dir(path);
  tree.dir('/tmp', 0o1777).dir('/var/tmp', 0o1777).dir('/root', 0o700);
  tree.link('/var/run', '/run');
}

/** What a system has of its own. */
export function layOut(tree: Tree, system: System, more: readonly Account[] = []): void {
  if (system.family === 'none') distrolessLayout(tree);
  else if (system.family === 'busybox') busyboxLayout(tree, more);
  else if (system.family === 'alpine') alpineLayout(tree, system, more);
  else gnuLayout(tree, system, more);
}

/** busybox: everything in /bin. */
function busyboxLayout(tree: Tree, more: readonly Account[]): void {
  folders(tree);
  tree.programs('/bin', busyboxApplets).program('/bin/busybox', 'busybox');
  tree.program('/bin/sh', 'ash').program('/bin/ash', 'ash').program('/usr/bin/env', 'env');
  tree.dir('/var/www', 0o755, 33);
  accounts(tree, '/bin/sh', more);
}

/** Alpine: busybox with the usual places, apk, certificates. */
function alpineLayout(tree: Tree, { version, title }: System, more: readonly Account[]): void {
  folders(tree);
  const inBin = new Set(
    'arch base64 cat chmod chown cp date dd df echo egrep false fgrep getopt grep gunzip gzip hostname kill link ln ls mkdir mktemp more mount mv netstat nice pidof ping printenv ps pwd rm rmdir sed sleep stat stty sync tar touch true uname watch zcat'.split(
      ' ',
    ),
  );
  for (const name of busyboxApplets) tree.program(`${inBin.has(name) ? '/bin' : '/usr/bin'}/${name}`, name);
  tree
    .program('/bin/busybox', 'busybox')
    .program('/bin/sh', 'ash')
    .program('/bin/ash', 'ash')
    .program('/sbin/apk', 'apk');
  tree.file('/etc/alpine-release', `${version}\n`);
  tree.file(
    '/etc/os-release',
    `NAME="Alpine Linux"\nID=alpine\nVERSION_ID=${version}\nPRETTY_NAME="${title}"\nHOME_URL="https://alpinelinux.org/"\nBUG_REPORT_URL="https://gitlab.alpinelinux.org/alpine/aports/-/issues"\n`,
  );
  const branch = `v${version.split('.').slice(0, 2).join('.')}`;
  const mirror = (section: string) => `https://dl-cdn.alpinelinux.org/alpine/${branch}/${section}\n`;
  tree.file('/etc/apk/repositories', mirror('main') + mirror('community'));
  tree.file('/etc/issue', `Welcome to ${title.replace(' v', ' ')}\nKernel \\r on an \\m (\\l)\n`);
  tree.dir('/etc/ssl/certs');
  accounts(tree, '/bin/sh', more);
}

/** Debian, Ubuntu or Oracle Linux with a merged /usr: GNU tools, no network tools. */
function gnuLayout(tree: Tree, system: System, more: readonly Account[]): void {
  tree.dir('/usr/bin').dir('/usr/sbin');
  tree.link('/bin', 'usr/bin').link('/sbin', 'usr/sbin').link('/lib', 'usr/lib').link('/lib64', 'usr/lib64');
  folders(tree);
  tree.dir('/usr/lib64').dir('/boot').dir('/media');
  tree.programs('/usr/bin', debianTools);
  tree.program('/usr/sbin/chroot', 'chroot');
  tree.program('/usr/bin/bash', 'bash');
  if (system.family === 'oracle') tree.link('/usr/bin/sh', 'bash').programs('/usr/bin', ['curl']);
  else tree.program('/usr/bin/sh', 'dash').program('/usr/bin/dash', 'dash');
  tree.file('/etc/os-release', osRelease(system));
  if (system.family === 'debian') tree.file('/etc/debian_version', `${system.version}\n`);
  if (system.family !== 'oracle') {
    tree.programs('/usr/bin', ['apt-get', 'dpkg']).link('/usr/bin/apt', 'apt-get');
    tree.dir('/var/lib/apt/lists').dir('/var/lib/dpkg').dir('/var/cache/apt/archives').dir('/etc/apt/sources.list.d');
  } else tree.file('/etc/oracle-release', `Oracle Linux Server release ${system.version}\n`);
  tree.file('/etc/issue', `${system.title} \\n \\l\n`);
  tree.dir('/etc/ssl/certs');
  accounts(tree, '/bin/bash', more);
}

function osRelease({ family, name, version, title }: System): string {
  if (family === 'oracle') {
    return `NAME="Oracle Linux Server"\nVERSION="${version}"\nID="ol"\nID_LIKE="fedora"\nVERSION_ID="${version}"\nPRETTY_NAME="${title}"\n`;
  }
  if (family === 'ubuntu') {
    const [number = ''] = /^\d+\.\d+/.exec(version) ?? [];
    return `PRETTY_NAME="${title}"\nNAME="Ubuntu"\nVERSION_ID="${number}"\nVERSION_CODENAME=${name}\nID=ubuntu\nID_LIKE=debian\nUBUNTU_CODENAME=${name}\n`;
  }
  const [major = ''] = version.split('.');
  return `PRETTY_NAME="${title}"\nNAME="Debian GNU/Linux"\nVERSION_ID="${major}"\nVERSION="${major} (${name})"\nVERSION_CODENAME=${name}\nID=debian\n`;
}

/** A single program and certificates: what Kubernetes' own images are. */
function distrolessLayout(tree: Tree): void {
  for (const path of ['/etc/ssl/certs', '/proc', '/sys', '/dev', '/home/nonroot', '/var/run', '/usr/local/bin'])
    tree.dir(path);
  tree.dir('/tmp', 0o1777);
  tree.file(
    '/etc/passwd',
    'root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n',
  );
  tree.file('/etc/group', 'root:x:0:\nnonroot:x:65532:\n');
  tree.file('/etc/nsswitch.conf', 'hosts: files dns\n');
}
