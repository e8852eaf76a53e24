import type { Program } from '../kernel/process.ts';
import { latePrograms } from '../lib/late-programs.ts';
import { shellProgram } from '../sh/main.ts';
import { base64 } from './base64.ts';
import { busybox, time } from './busybox.ts';
import { cat } from './cat.ts';
import { chmod, chown } from './chmod.ts';
import { chroot } from './chroot.ts';
import { controlPlanePrograms } from './control-plane/index.ts';
import { coredns } from './coredns/index.ts';
import { cp, mv } from './cp.ts';
import { cut } from './cut.ts';
import { date } from './date.ts';
import { echo } from './echo.ts';
import { env, printenv } from './env.ts';
import { head } from './head.ts';
import { hostname } from './hostname.ts';
import { groups, id, whoami } from './id.ts';
import { kill, killall, pgrep, pidof, pkill } from './kill.ts';
import { link, ln, readlink, realpath } from './ln.ts';
import { ls } from './ls.ts';
import { mkdir, rmdir } from './mkdir.ts';
import { basename, dirname, mktemp, pwd, which } from './paths.ts';
import { printf } from './printf.ts';
import { ps } from './ps.ts';
import { rm, unlink } from './rm.ts';
import { seq } from './seq.ts';
import { httpEcho, pause, service } from './service.ts';
import { sleep } from './sleep.ts';
import { sort } from './sort.ts';
import { arch, clear, df, du, free, mount, nproc, stty, sync, tty, uname, uptime, yes } from './system.ts';
import { tail } from './tail.ts';
import { tee } from './tee.ts';
import { bracket, doubleBracket, test } from './test.ts';
import { nice, nohup, timeout, watch } from './timeout.ts';
import { touch, truncate } from './touch.ts';
import { tr } from './tr.ts';
import { falseProgram, trueProgram } from './true-false.ts';
import { uniq } from './uniq.ts';
import { wc } from './wc.ts';
import { xargs } from './xargs.ts';

const shells = [shellProgram('ash'), shellProgram('dash'), shellProgram('bash')];
const files = [
  ...[chmod, chown, chroot, cp, df, du, link, ln, ls, mkdir, mktemp, mount, mv, readlink, realpath, rm, rmdir],
  ...[sync, touch, truncate, unlink],
];
const text = [...[base64, cat, cut, echo, head, printf], ...[seq, sort, tail, tee, tr, uniq, wc, xargs, yes]];
const system = [
  ...[
    arch,
    basename,
    bracket,
    busybox,
    clear,
    date,
    dirname,
    doubleBracket,
    env,
    falseProgram,
    free,
    groups,
    hostname,
    id,
  ],
  ...[kill, killall, nice, nohup, nproc, pgrep, pidof, pkill, printenv, ps, pwd, sleep, stty, test, time, timeout],
  ...[trueProgram, tty, uname, uptime, watch, which, whoami],
];
const servers = [...controlPlanePrograms, coredns, httpEcho, pause, service];

/** Loaded when they first run. */
const late = [
  ...latePrograms(() => import('./agnhost.ts'), { agnhost: 'agnhost' }, { go: true }),
  ...latePrograms(() => import('./gzip.ts'), { gunzip: 'gunzip', gzip: 'gzip', zcat: 'zcat' }),
  ...latePrograms(() => import('./awk/index.ts'), { awk: 'awk' }),
  ...latePrograms(() => import('./compare.ts'), { cmp: 'cmp', diff: 'diff' }),
  ...latePrograms(() => import('./crictl.ts'), { crictl: 'crictl' }),
  ...latePrograms(() => import('./curl/index.ts'), { curl: 'curl' }),
  ...latePrograms(() => import('./dd.ts'), { dd: 'dd' }),
  ...latePrograms(() => import('./dig.ts'), { dig: 'dig' }),
  ...latePrograms(() => import('./etcdctl/index.ts'), { etcdctl: 'etcdctl', etcdutl: 'etcdutl' }, { go: true }),
  ...latePrograms(() => import('./find/index.ts'), { find: 'find' }),
  ...latePrograms(() => import('./grep.ts'), { egrep: 'egrep', fgrep: 'fgrep', grep: 'grep' }),
  ...latePrograms(() => import('./hpa-example.ts'), { 'hpa-example': 'hpaExample' }),
  ...latePrograms(() => import('./httpd.ts'), { 'apache-httpd': 'apacheHttpd', httpd: 'httpd' }),
  ...latePrograms(() => import('./jq/index.ts'), { jq: 'jq' }),
  ...latePrograms(() => import('./kubectl/index.ts'), { kubectl: 'kubectl' }, { go: true }),
  ...latePrograms(() => import('./metrics-server/index.ts'), { 'metrics-server': 'metricsServer' }, { go: true }),
  ...latePrograms(() => import('./mongo/index.ts'), { mongo: 'mongo', mongod: 'mongod', mongosh: 'mongosh' }),
  ...latePrograms(() => import('./rabbitmq/index.ts'), {
    'rabbitmq-server': 'rabbitmqServer',
    rabbitmqctl: 'rabbitmqctl',
    'rabbitmq-diagnostics': 'rabbitmqDiagnostics',
  }),
  ...latePrograms(() => import('./mysql.ts'), { mysql: 'mysql', mysqladmin: 'mysqladmin' }),
  ...latePrograms(() => import('./mysqld.ts'), { mysqld: 'mysqld' }),
  ...latePrograms(() => import('./network-tools.ts'), {
    getent: 'getent',
    ifconfig: 'ifconfig',
    ip: 'ip',
    nc: 'nc',
    ping: 'ping',
    telnet: 'telnet',
  }),
  ...latePrograms(() => import('./nginx/index.ts'), { nginx: 'nginx' }),
  ...latePrograms(() => import('./nginx-gateway/index.ts'), { 'nginx-gateway': 'nginxGateway' }),
  ...latePrograms(() => import('./nginx-ingress/index.ts'), { 'nginx-ingress-controller': 'nginxIngress' }),
  ...latePrograms(() => import('./nslookup.ts'), { nslookup: 'nslookup' }),
  ...latePrograms(() => import('./openssl/index.ts'), { openssl: 'openssl' }),
  ...latePrograms(() => import('./envsubst.ts'), { envsubst: 'envsubst' }),
  ...latePrograms(() => import('./packages.ts'), { apk: 'apk', 'apt-get': 'aptGet', dpkg: 'dpkg' }),
  ...latePrograms(() => import('./perl.ts'), { perl: 'perl' }),
  ...latePrograms(() => import('./podinfo.ts'), { podinfo: 'podinfo' }, { go: true }),
  ...latePrograms(() => import('./postgres.ts'), { postgres: 'postgres' }),
  ...latePrograms(() => import('./psql.ts'), { pg_isready: 'pgIsReady', psql: 'psql' }),
  ...latePrograms(() => import('./python.ts'), { python3: 'python' }),
  ...latePrograms(() => import('./redis.ts'), { 'redis-cli': 'redisCli', 'redis-server': 'redisServer' }),
  ...latePrograms(() => import('./sed/index.ts'), { sed: 'sed' }),
  ...latePrograms(() => import('./small-text.ts'), {
    expr: 'expr',
    hexdump: 'hexdump',
    md5sum: 'md5sum',
    more: 'more',
    nl: 'nl',
    od: 'od',
    less: 'pager',
    paste: 'paste',
    rev: 'rev',
    sha1sum: 'sha1sum',
    sha256sum: 'sha256sum',
    sha512sum: 'sha512sum',
    tac: 'tac',
  }),
  ...latePrograms(() => import('./sockets.ts'), { netstat: 'netstat', ss: 'ss' }),
  ...latePrograms(() => import('./stat.ts'), { stat: 'stat' }),
  ...latePrograms(() => import('./stress.ts'), { stress: 'stress', 'stress-ng': 'stressNg' }),
  ...latePrograms(() => import('./stress.ts'), { 'memory-stress': 'memoryStress' }, { go: true }),
  ...latePrograms(() => import('./systemd.ts'), {
    init: 'init',
    journalctl: 'journalctl',
    kubelet: 'kubelet',
    systemctl: 'systemctl',
  }),
  ...latePrograms(() => import('./tar.ts'), { tar: 'tar' }),
  ...latePrograms(() => import('./text-sets.ts'), {
    comm: 'comm',
    fold: 'fold',
    join: 'join',
    shuf: 'shuf',
    split: 'split',
  }),
  ...latePrograms(() => import('./top.ts'), { top: 'top' }),
  ...latePrograms(() => import('./vi/index.ts'), { vi: 'vi' }),
  ...latePrograms(() => import('./wget.ts'), { wget: 'wget' }),
];

/** Every program that an image's executables can name. */
export const programs: ReadonlyMap<string, Program> = new Map(
  [...shells, ...files, ...text, ...system, ...servers, ...late].map((p) => [p.name, p]),
);
