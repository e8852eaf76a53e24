import type { Program } from '../kernel/process.ts';
import { shellProgram } from '../sh/main.ts';
import { agnhost } from './agnhost.ts';
import { gunzip, gzip, tar, zcat } from './archive.ts';
import { awk } from './awk.ts';
import { base64 } from './base64.ts';
import { busybox, time } from './busybox.ts';
import { cat } from './cat.ts';
import { chmod, chown } from './chmod.ts';
import { chroot } from './chroot.ts';
import { cmp, diff } from './compare.ts';
import { controlPlanePrograms } from './control-plane.ts';
import { coredns } from './coredns.ts';
import { cp, mv } from './cp.ts';
import { crictl } from './crictl.ts';
import { curl } from './curl.ts';
import { cut } from './cut.ts';
import { date } from './date.ts';
import { dd } from './dd.ts';
import { dig } from './dig.ts';
import { echo } from './echo.ts';
import { env, printenv } from './env.ts';
import { envsubst } from './envsubst.ts';
import { etcdctl } from './etcdctl.ts';
import { etcdutl } from './etcdutl.ts';
import { find } from './find.ts';
import { egrep, fgrep, grep } from './grep.ts';
import { head } from './head.ts';
import { hostname } from './hostname.ts';
import { hpaExample } from './hpa-example.ts';
import { apacheHttpd, httpd } from './httpd.ts';
import { groups, id, whoami } from './id.ts';
import { jq } from './jq.ts';
import { kill, killall, pgrep, pidof, pkill } from './kill.ts';
import { kubectl } from './kubectl/index.ts';
import { link, ln, readlink, realpath } from './ln.ts';
import { ls } from './ls.ts';
import { metricsServer } from './metrics-server.ts';
import { mkdir, rmdir } from './mkdir.ts';
import { mysql, mysqladmin } from './mysql.ts';
import { mysqld } from './mysqld.ts';
import { getent, ifconfig, ip, nc, ping, telnet } from './network-tools.ts';
import { nginx } from './nginx/index.ts';
import { nginxGateway } from './nginx-gateway.ts';
import { nginxIngress } from './nginx-ingress.ts';
import { nslookup } from './nslookup.ts';
import { openssl } from './openssl.ts';
import { apk, aptGet, dpkg } from './packages.ts';
import { basename, dirname, mktemp, pwd, which } from './paths.ts';
import { perl } from './perl.ts';
import { postgres } from './postgres.ts';
import { printf } from './printf.ts';
import { ps } from './ps.ts';
import { pgIsReady, psql } from './psql.ts';
import { python } from './python.ts';
import { redisCli, redisServer } from './redis.ts';
import { rm, unlink } from './rm.ts';
import { sed } from './sed.ts';
import { seq } from './seq.ts';
import { httpEcho, pause, service } from './service.ts';
import { sleep } from './sleep.ts';
import {
  expr,
  hexdump,
  md5sum,
  more,
  nl,
  od,
  pager,
  paste,
  rev,
  sha1sum,
  sha256sum,
  sha512sum,
  tac,
} from './small-text.ts';
import { netstat, ss } from './sockets.ts';
import { sort } from './sort.ts';
import { stat } from './stat.ts';
import { memoryStress, stress, stressNg } from './stress.ts';
import { arch, clear, df, du, free, mount, nproc, stty, sync, tty, uname, uptime, yes } from './system.ts';
import { init, journalctl, kubelet, systemctl } from './systemd.ts';
import { tail } from './tail.ts';
import { tee } from './tee.ts';
import { bracket, doubleBracket, test } from './test.ts';
import { comm, fold, join, shuf, split } from './text-sets.ts';
import { nice, nohup, timeout, watch } from './timeout.ts';
import { top } from './top.ts';
import { touch, truncate } from './touch.ts';
import { tr } from './tr.ts';
import { falseProgram, trueProgram } from './true-false.ts';
import { uniq } from './uniq.ts';
import { vi } from './vi.ts';
import { wc } from './wc.ts';
import { wget } from './wget.ts';
import { xargs } from './xargs.ts';

const shells = [shellProgram('ash'), shellProgram('dash'), shellProgram('bash')];
const files = [
  ...[
    chmod,
    chown,
    chroot,
    cp,
    dd,
    df,
    diff,
    cmp,
    du,
    find,
    link,
    ln,
    ls,
    mkdir,
    mktemp,
    mount,
    mv,
    readlink,
    realpath,
    rm,
    rmdir,
  ],
  ...[stat, sync, tar, gzip, gunzip, zcat, touch, truncate, unlink],
];
const text = [
  ...[comm, fold, join, shuf, split],
  ...[
    awk,
    base64,
    cat,
    cut,
    echo,
    egrep,
    expr,
    fgrep,
    grep,
    head,
    hexdump,
    jq,
    md5sum,
    more,
    nl,
    od,
    pager,
    paste,
    perl,
    printf,
    rev,
  ],
  ...[sed, seq, sha1sum, sha256sum, sha512sum, sort, tac, tail, tee, tr, uniq, vi, wc, xargs, yes],
];
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
  ...[kill, killall, nice, nohup, nproc, pgrep, pidof, pkill, printenv, ps, pwd, sleep, stty, test, time, timeout, top],
  ...[trueProgram, tty, uname, uptime, watch, which, whoami],
];
const network = [curl, kubectl, dig, getent, ifconfig, ip, nc, netstat, nslookup, openssl, ping, ss, telnet, wget];
const machine = [apk, aptGet, dpkg, envsubst, crictl, init, journalctl, kubelet, systemctl];
const servers = [
  ...controlPlanePrograms,
  agnhost,
  apacheHttpd,
  coredns,
  etcdctl,
  etcdutl,
  hpaExample,
  httpEcho,
  httpd,
  memoryStress,
  metricsServer,
  mysql,
  mysqladmin,
  mysqld,
  nginx,
  nginxGateway,
  nginxIngress,
  pause,
  pgIsReady,
  postgres,
  psql,
  python,
  redisCli,
  redisServer,
  service,
  stress,
  stressNg,
];

/** Every program that an image's executables can name. */
export const programs: ReadonlyMap<string, Program> = new Map(
  [...shells, ...files, ...text, ...system, ...network, ...machine, ...servers].map((p) => [p.name, p]),
);
