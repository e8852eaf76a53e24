import { isSysError, SysError } from '../../kernel/errno.ts';
import type { Process } from '../../kernel/process.ts';
import { signals } from '../../kernel/signals.ts';
import { program } from '../../lib/program.ts';
import { errnoText } from './errno.ts';
import { logError } from './logs.ts';
import { runMaster } from './master.ts';
import { ConfigError } from './parse.ts';
import { RequestCounts } from './request-zones.ts';
import { RunningSite, type Shared } from './running.ts';
import type { Site } from './site.ts';
import { type Call, emergency, loadSite, makePid, pidFile } from './start.ts';

/** The release that the image's tag means. */
const versionOf = (p: Process): string => p.container.image.version || (p.env.get('NGINX_VERSION') ?? '');

export const nginx = program('nginx', async (p) => {
  const call: Call = { version: versionOf(p), file: '/etc/nginx/nginx.conf', globals: '' };
  const flags = new Set<string>();
  let signal: string | undefined;
  for (let i = 0; i < p.args.length; i++) {
    const arg = p.args[i] ?? '';
    if (!/^-[?hvVtTqscgpe]/.test(arg)) return usageError(p, `invalid option: "${arg}"`);
    const letter = arg[1] ?? '';
    if (!/[scgpe]/.test(letter)) {
      for (const one of arg.slice(1)) flags.add(one);
      continue;
    }
    const value = arg.length > 2 ? arg.slice(2) : p.args[++i];
    if (value === undefined)
      return usageError(
        p,
        `option "-${letter}" requires ${letter === 'g' ? 'parameter' : letter === 's' ? 'parameter' : 'file name'}`,
      );
    if (letter === 'c') call.file = value.startsWith('/') ? value : `/etc/nginx/${value}`;
    if (letter === 'g') call.globals = value;
    if (letter === 's') signal = value;
  }
  if (flags.has('v') || flags.has('V') || flags.has('h') || flags.has('?')) return showVersion(p, call, flags);
  if (signal !== undefined && !Object.hasOwn(actions, signal)) return usageError(p, `invalid option: "-s ${signal}"`);
  const loaded: { path: string; text: string }[] = [];
  const testing = flags.has('t') || flags.has('T');
  let site: Site;
  try {
    site = loadSite(p, call, loaded);
    if (signal !== undefined) return await sendSignal(p, site, signal);
    await warn(p, site);
    const counters = { active: 0, accepted: 0, requests: 0, writing: 0 };
    const shared: Shared = {
      p,
      version: call.version,
      counters,
      requestCounts: new RequestCounts(),
      workerPid: () => p.pid,
    };
    makeFolders(p, site);
    if (!testing) return await runMaster(p, call, await RunningSite.prepare(shared, site));
    await RunningSite.prepare(shared, site);
    makePid(p, site);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    await emergency(p, error.message);
    if (testing) await p.print(2, `nginx: configuration file ${call.file} test failed\n`);
    return 1;
  }
  if (!flags.has('q')) {
    await p.print(
      2,
      `nginx: the configuration file ${call.file} syntax is ok\nnginx: configuration file ${call.file} test is successful\n`,
    );
  }
  if (flags.has('T')) for (const { path, text } of loaded) await p.print(1, `# configuration file ${path}:\n${text}\n`);
  return 0;
});

async function warn(p: Process, site: Site): Promise<void> {
  const [user] = site.main.own('user');
  const texts = [...site.warnings];
  if (user && p.uid !== 0) {
    texts.unshift(
      `the "user" directive makes sense only if the master process runs with super-user privileges, ignored in ${user.file}:${user.line}`,
    );
  }
  for (const text of texts) {
    await logError(p, site.main, 'warn', text);
    await p.print(2, `nginx: [warn] ${text}\n`);
  }
}

const actions: Readonly<Record<string, number>> = {
  stop: signals.SIGTERM,
  quit: signals.SIGQUIT,
  reload: signals.SIGHUP,
  reopen: signals.SIGUSR1,
};

/** `nginx -s reload`: to the process whose number the pid file has. */
async function sendSignal(p: Process, site: Site, name: string): Promise<number> {
  await logError(p, site.main, 'notice', 'signal process started');
  const file = pidFile(site);
  const fail = async (text: string) => {
    await logError(p, site.main, 'error', text);
    await p.print(2, `nginx: [error] ${text}\n`);
    return 1;
  };
  let text: string;
  try {
    text = p.vfs.readText(p, file);
  } catch (error) {
    if (!isSysError(error)) throw error;
    return fail(`open() "${file}" failed ${errnoText(error)}`);
  }
  const pid = /^\d+$/.test(text.trim()) ? Number(text) : 0;
  if (pid === 0) return fail(`invalid PID number "${text.trim()}" in "${file}"`);
  const master = p.container.processes.get(pid);
  if (!master) return fail(`kill(${pid}, ${actions[name]}) failed (3: No such process)`);
  if (p.uid !== 0 && p.uid !== master.uid)
    return fail(`kill(${pid}, ${actions[name]}) failed (1: Operation not permitted)`);
  master.signal(actions[name] ?? signals.SIGHUP);
  return 0;
}

/** Where bodies and answers are put that are too large for memory. Throws ConfigError. */
function makeFolders(p: Process, site: Site): void {
  for (const name of ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']) {
    const usual = `/var/cache/nginx/${name === 'client_body' ? 'client' : name}_temp`;
    const path = site.http.value(`${name}_temp_path`) ?? usual;
    try {
      const place = p.vfs.find(p, path);
      if (!place) p.vfs.mkdir(p, path, 0o700);
      else if (place.node.kind !== 'dir') throw new SysError('ENOTDIR');
    } catch (error) {
      if (!isSysError(error)) throw error;
      throw new ConfigError(`mkdir() "${path}" failed ${errnoText(error)}`);
    }
  }
}

async function usageError(p: Process, text: string): Promise<number> {
  await p.print(2, `nginx: ${text}\n`);
  return 1;
}

const usage = `Usage: nginx [-?hvVtTq] [-s signal] [-p prefix]
             [-e filename] [-c filename] [-g directives]

Options:
  -?,-h         : this help
  -v            : show version and exit
  -V            : show version and configure options then exit
  -t            : test configuration and exit
  -T            : test configuration, dump it and exit
  -q            : suppress non-error messages during configuration testing
  -s signal     : send signal to a master process: stop, quit, reopen, reload
  -p prefix     : set prefix path (default: /etc/nginx/)
  -e filename   : set error log file (default: /var/log/nginx/error.log)
  -c filename   : set configuration file (default: /etc/nginx/nginx.conf)
  -g directives : set global directives out of configuration file

`;

async function showVersion(p: Process, call: Call, flags: ReadonlySet<string>): Promise<number> {
  await p.print(2, `nginx version: nginx/${call.version}\n`);
  if (flags.has('h') || flags.has('?')) await p.print(2, usage);
  else if (flags.has('V')) {
    await p.print(
      2,
      'TLS SNI support enabled\nconfigure arguments: --prefix=/etc/nginx --sbin-path=/usr/sbin/nginx --conf-path=/etc/nginx/nginx.conf --error-log-path=/var/log/nginx/error.log --http-log-path=/var/log/nginx/access.log --pid-path=/run/nginx.pid --with-http_ssl_module --with-http_stub_status_module --with-http_v2_module --with-stream\n',
    );
  }
  return 0;
}
