import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Prover } from './authoring/proof.ts';
import type { ProverChoice, Services } from './commands/services.ts';
import { buildText, readBuild } from './kernel/build.ts';
import { systemClock } from './kernel/clock.ts';
import { errorLines, errorText, exitCodeOf, exitCodes, UserError } from './kernel/errors.ts';
import { failureText, faultText } from './kernel/fault-log.ts';
import { resolvePaths } from './kernel/paths.ts';
import { visible, visibleJson } from './kernel/visible.ts';
import type { RemoteLabs } from './session/remote-labs.ts';
import { defaultSettings, type Settings, settingsFile } from './session/settings.ts';

/** The folder that holds bin/, dist/ and scenarios/: one above this file, in src/ as in dist/. */
const root = join(fileURLToPath(import.meta.url), '..', '..');
const paths = resolvePaths();
const build = readBuild(root);
const trustFile = join(paths.config, 'trusted-packs.json');
const builtIn = join(root, 'scenarios');

/** How long a daemon that has begun waits for its first task before it warms up, milliseconds. */
const unasked = 100;

/** For processes that make many clusters, one after the other. */
const proverFlags = ['--max-semi-space-size=64'];

/**
 * Runs one command line and sets the process's exit code. The only place that ends the process or knows all rooms;
 * what a command does not need is not loaded.
 */
export async function main(args: string[]): Promise<void> {
  // Parts of this program that it starts by itself: typed by somebody, they are no commands.
  if (args[0] === 'daemon' && args.length === 1 && process.send) return daemon();
  if (args[0] === 'prover' && process.send) return prover(args[1] ?? '');
  const interrupted = new AbortController();
  let heardAt = 0;
  const onSignal = () => {
    if (!interrupted.signal.aborted) {
      heardAt = performance.now();
      interrupted.abort(new Interrupted());
      return;
    }
    // The second one ends it the hard way; but one Ctrl-C comes from the terminal and from whoever has started us, too.
    if (performance.now() - heardAt > samePress) process.exit(exitCodes.interrupted);
  };
  // A terminal that is closed hangs up: what was being created must go then, too.
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, onSignal);
  // A reader that goes away (`| head`) is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(exitCodes.ok);
  });
  // Nobody is left to be reported.
  process.stderr.on('error', () => undefined);
  const connections = new Connections();
  // Timers of ours do not keep a process alive; a command that is not done does.
  const busy = setInterval(() => undefined, 60_000);
  try {
    process.exitCode = await run(args, interrupted.signal, connections);
  } catch (error) {
    process.exitCode = printError(error, args.includes('--json'));
  } finally {
    connections.close();
    clearInterval(busy);
    for (const signal of signals) process.off(signal, onSignal);
  }
}

class Interrupted extends Error {}

/** Signals that come together, in milliseconds, are one. */
const samePress = 300;

/** Connections to the daemon: open ones keep the process alive, so all are closed at the end, late ones at once. */
class Connections {
  readonly #open: RemoteLabs[] = [];
  #closed = false;

  keep(connection: RemoteLabs): RemoteLabs {
    if (this.#closed) connection.close();
    else this.#open.push(connection);
    return connection;
  }

  close(): void {
    this.#closed = true;
    for (const connection of this.#open) connection.close();
  }
}

async function run(args: string[], signal: AbortSignal, connections: Connections): Promise<number> {
  const { runProgram } = await import('./commands/program.ts');
  const { TrustStore } = await import('./scenario/trust.ts');
  const content = await contentServices();
  const labs = labServices(signal, connections);
  const kubectl = kubectlService(signal);
  return runProgram(args, {
    version: buildText(build),
    env: process.env,
    paths,
    settings: userSettings,
    trust: new TrustStore(trustFile),
    stdout: process.stdout,
    stderr: process.stderr,
    stdin: process.stdin,
    signal,
    ...content,
    ...labs,
    kubectl,
    provers: startProvers,
    ...imageServices,
    diagnose: diagnoseMachine,
    openApp: async (options) => {
      // An unknown name is an error before anything is drawn.
      if (options.scenario) (await content.catalog()).scenario(options.scenario);
      const settings = await userSettings();
      const { runApp } = await import('./tui/run.tsx');
      return runApp({
        ...options,
        settings,
        version: build.version,
        scenarios: await content.scenarios(),
        paths,
        labs: labs.labs,
        kubectl,
        catalog: content.catalog,
        diagnose: async () => {
          const { diagnoseAll } = await import('./session/health.ts');
          return diagnoseAll({ paths, diagnose: diagnoseMachine, runningLabs: labs.runningLabs });
        },
        signal,
        env: process.env,
        stdin: process.stdin,
        stdout: process.stdout,
      });
    },
  });
}

/** What the user has chosen. Whoever has chosen nothing does not wait for what reads it. */
async function userSettings(): Promise<Settings> {
  const file = settingsFile(paths);
  if (!existsSync(file)) return defaultSettings;
  const { readSettings } = await import('./tui/settings.ts');
  return readSettings(file);
}

/** The scenarios that there are. */
async function contentServices(): Promise<Pick<Services, 'catalog' | 'scenarios'>> {
  const { builtInPackFolders, installedPackFolders, installedPacks } = await import('./scenario/packs/folders.ts');
  const installed = installedPacks(paths.state);
  const catalog = async () => {
    const { Catalog } = await import('./scenario/catalog.ts');
    return new Catalog(builtIn, installed);
  };
  return {
    catalog,
    scenarios: async () => {
      const { overview } = await import('./scenario/overview.ts');
      return overview({
        packs: [...builtInPackFolders(builtIn), ...installedPackFolders(installed)],
        shipped: join(root, 'dist', 'scenarios.json'),
        cache: join(paths.cache, 'scenarios.json'),
        build: buildText(build),
        load: async (folder) => (await catalog()).scenariosIn(folder),
      });
    },
  };
}

/** The daemon, as commands reach it. */
function labServices(signal: AbortSignal, connections: Connections): Pick<Services, 'labs' | 'runningLabs'> {
  const labs = async () => {
    const { connectLabs, frugal } = await import('./session/remote-labs.ts');
    return connections.keep(
      await connectLabs(paths, { command: ownCommand(frugal.nodeFlags, 'daemon'), build: buildText(build) }, signal),
    );
  };
  return {
    labs,
    runningLabs: async () => {
      const { connectRunningLabs } = await import('./session/remote-labs.ts');
      const running = await connectRunningLabs(paths, buildText(build), signal);
      if (running) return connections.keep(running);
      const { holdsClusters } = await import('./cluster/record.ts');
      return holdsClusters(paths.state) ? labs() : undefined;
    },
  };
}

function kubectlService(signal: AbortSignal) {
  return async (progress?: (step: string) => void, cancel?: AbortSignal) => {
    const { ensureKubectl } = await import('./cluster/kubectl/kubectl.ts');
    return ensureKubectl({ cache: paths.cache, signal: cancel ? AbortSignal.any([signal, cancel]) : signal }, progress);
  };
}

const imageServices: Pick<Services, 'images' | 'knowsImage'> = {
  images: async () => {
    const { listImages } = await import('./embedded/container/index.ts');
    return listImages();
  },
  knowsImage: async () => {
    const { Catalogue } = await import('./embedded/container/index.ts');
    const catalogue = new Catalogue();
    return (reference) => catalogue.find(reference) !== undefined;
  },
};

/** Embedded clusters live in the process that judges them: there is one for each core. */
const startProvers: Services['provers'] = async (folder, choice) => {
  const processes = choice.provider === 'embedded' ? Math.min(availableParallelism(), choice.parallel) : 1;
  if (processes > 1) {
    const { startProverProcesses } = await import('./authoring/provers.ts');
    return startProverProcesses(ownCommand(proverFlags, 'prover', folder), processes);
  }
  const { prover, stop } = await localProver(folder, choice);
  return { provers: [prover], stop };
};

const diagnoseMachine: Services['diagnose'] = async () => {
  const [{ diagnose }, { KindProvider }] = await Promise.all([
    import('./cluster/doctor.ts'),
    import('./cluster/kind/provider.ts'),
  ]);
  const kind = new KindProvider({ folder: join(paths.state, 'kind'), clock: systemClock, lasting: false });
  const { isTTY = false, columns = 0, rows = 0 } = process.stdout;
  const colourDepth = isTTY ? process.stdout.getColorDepth() : 1;
  return diagnose({
    version: buildText(build),
    paths,
    env: process.env,
    terminal: { isTTY, columns, rows, colourDepth },
    providers: [kind],
  });
};

/** The background process: hosts the clusters and the attempts of this user. */
async function daemon(): Promise<void> {
  const [
    { runDaemon },
    { socketPath, daemonLogPath },
    { logToStderr },
    { giveBackAtRest },
    { surviveFaults },
    { startWatchdog },
    { setAsideBlocked },
    { writeDaemonRecord, removeDaemonRecord },
  ] = await Promise.all([
    import('./daemon/daemon.ts'),
    import('./session/remote-labs.ts'),
    import('./daemon/log.ts'),
    import('./daemon/rest.ts'),
    import('./daemon/faults.ts'),
    import('./daemon/watchdog.ts'),
    import('./daemon/blocked.ts'),
    import('./session/daemon-record.ts'),
  ]);
  const log = logToStderr(daemonLogPath(paths), () => systemClock.now());
  const blocked = join(paths.state, 'blocked.json');
  const { host, providers } = await openHost(log);
  try {
    const running = await runDaemon({
      socket: socketPath(paths),
      build: buildText(build),
      host,
      clock: systemClock,
      idleAfter: { withLabs: 8 * 3_600_000, empty: 25_000 },
      // Only now is it the one daemon: what its predecessor left is its own to judge.
      resume: async () => {
        await setAsideBlocked({ file: blocked, state: paths.state, log });
        await providers.resume();
      },
      stop: providers.stop,
      log,
    });
    await writeDaemonRecord(paths, buildText(build));
    const shutdown = () => void running.shutdown();
    process.on('SIGTERM', shutdown).on('SIGINT', shutdown);
    surviveFaults({ clock: systemClock, log, giveUp: shutdown });
    startWatchdog({ file: blocked, report: (error) => log(faultText('the watchdog has ended', error)) });
    reportStarter({ ready: true });
    // Whoever has started it most often asks for a cluster at once: that one is created without anything before it.
    systemClock.after(unasked, () => void providers.warmUp());
    giveBackAtRest(systemClock);
    await running.ended;
    await removeDaemonRecord(paths);
    process.exit(exitCodes.ok);
  } catch (error) {
    // Somebody else's daemon was faster: that is as good.
    const taken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
    if (!taken) log(failureText('the daemon cannot go on', error));
    reportStarter(taken ? { ready: true } : { error: (error as Error).message });
    await providers.stop();
    process.exit(taken ? exitCodes.ok : exitCodes.bug);
  }
}

/** The attempts and clusters that a daemon serves. */
async function openHost(log: (line: string) => void) {
  const [
    { createProviders },
    { LabHost },
    { ProgressLog, renamedKeys },
    { Catalog },
    { ensureKubectl, pathWith },
    { TrustStore },
    { installedPacks },
    { chosenIdle },
  ] = await Promise.all([
    import('./daemon/providers.ts'),
    import('./session/lab-host.ts'),
    import('./session/progress.ts'),
    import('./scenario/catalog.ts'),
    import('./cluster/kubectl/kubectl.ts'),
    import('./scenario/trust.ts'),
    import('./scenario/packs/folders.ts'),
    import('./tui/settings.ts'),
  ]);
  const providers = await createProviders({ state: paths.state, log });
  const catalog = new Catalog(builtIn, installedPacks(paths.state));
  const host = new LabHost({
    clock: systemClock,
    folder: join(paths.state, 'attempts'),
    catalog,
    providers: providers.all,
    scriptEnvironment: async () => ({ PATH: pathWith(await ensureKubectl({ cache: paths.cache })) }),
    trust: new TrustStore(trustFile),
    version: buildText(build),
    idleAfter: chosenIdle(settingsFile(paths), log),
    progress: await ProgressLog.open(paths.state, { clock: systemClock, log, renamed: renamedKeys(catalog.packs()) }),
    log,
  });
  return { host, providers };
}

/** Whoever started this daemon may have gone already. */
function reportStarter(message: object): void {
  process.send?.(message, undefined, undefined, () => undefined);
}

/** Makes proofs for the process that started this one, on embedded clusters whose files are in `folder`. */
async function prover(folder: string): Promise<void> {
  const { serveProver } = await import('./authoring/provers.ts');
  const { prover, stop } = await localProver(folder, { provider: 'embedded', parallel: 1 });
  await serveProver(prover);
  await stop();
  process.exit(exitCodes.ok);
}

/** Makes proofs in this process. */
async function localProver(
  folder: string,
  { provider: name, parallel, ...choice }: ProverChoice,
): Promise<{ prover: Prover; stop(): Promise<void> }> {
  const [{ createLocalProvider }, { LocalProver }, { TrustStore }, { ensureKubectl, pathWith }] = await Promise.all([
    import('./daemon/providers.ts'),
    import('./authoring/proof.ts'),
    import('./scenario/trust.ts'),
    import('./cluster/kubectl/kubectl.ts'),
  ]);
  const local = await createLocalProvider(name, join(folder, String(process.pid)), paths.state, parallel);
  if (!local) throw new UserError({ what: `there is no provider ${name}`, next: 'use embedded or kind' });
  const { provider, stop } = local;
  const env = { PATH: pathWith(await ensureKubectl({ cache: paths.cache })) };
  const trust = new TrustStore(trustFile);
  return { prover: new LocalProver({ provider, folder: join(folder, 'attempts'), env, trust, ...choice }), stop };
}

/** What starts this program once more, in another part. */
function ownCommand(nodeFlags: readonly string[], ...args: string[]): string[] {
  return [process.execPath, ...nodeFlags, join(root, 'bin', 'kubedrill.js'), ...args];
}

/** Says what went wrong, why, and what to do next; returns the exit code. */
function printError(error: unknown, json: boolean): number {
  if (error instanceof Interrupted) return exitCodes.interrupted;
  const text = errorText(error);
  const code = exitCodeOf(error);
  const id = code === exitCodes.bug ? randomUUID().slice(0, 8) : undefined;
  if (json) process.stdout.write(`${visibleJson({ error: { ...text, code } })}\n`);
  const lines = errorLines({ ...text, what: `kubedrill: ${text.what}` });
  if (id) lines.push(`this is a bug of kubedrill (${id}):`, error instanceof Error ? (error.stack ?? '') : '');
  process.stderr.write(`${visible(lines.join('\n'))}\n`);
  return code;
}
