import type { ContainerStateTerminated, ContainerStatus, Event, Pod } from '../../kube/api.gen.ts';
import type { Stored } from '../../kube/meta.ts';
import { readable } from '../../kube/readable.ts';
import { containerOf, containerPath } from './container.ts';
import { lastLines } from './log.ts';
import { traceProbeFailure } from './probe.ts';
import type { Trace } from './reader.ts';
import { clip, describeCommand, eventsCommand, getCommand, quote, redact, times } from './words.ts';

/** From a container that does not stay to how it ended, its last words, and where they point to. */
export async function traceCrash(
  t: Trace,
  pod: Stored<Pod>,
  status: ContainerStatus,
  events: readonly Stored<Event>[],
): Promise<void> {
  const { name } = pod.metadata;
  const { restartCount, state } = status;
  const ended = state?.terminated ?? status.lastState?.terminated;
  const waits = state?.waiting?.reason ? `, ${state.waiting.reason}` : '';
  t.chain.add({
    fact: `Pod ${name}: container ${status.name} ${restartCount > 0 ? `has restarted ${times(restartCount)}` : 'has ended'}${waits}`,
    command: getCommand('pod', pod),
    shows: [name],
  });
  if (!ended) return reportWaiting(t, pod, status);
  t.chain.add({
    fact: `it ended with exit code ${ended.exitCode}, ${meaningOf(ended)}`,
    command: describeCommand('pod', pod),
    shows: [`Exit Code: ${ended.exitCode}`, ...(ended.reason ? [`Reason: ${ended.reason}`] : [])],
  });
  const killing = events.findLast((e) => /failed (liveness|startup) probe, will be restarted/.test(e.message ?? ''));
  if (killing?.message?.includes(`Container ${status.name} `) && [0, 137, 143].includes(ended.exitCode)) {
    t.chain.add({
      fact: `the kubelet killed it: ${killing.message}`,
      command: eventsCommand('pod', pod),
      shows: [quote(killing.message)],
    });
    const which = killing.message.includes('startup') ? 'startup' : 'liveness';
    return traceProbeFailure(t, pod, status.name, events, which);
  }
  const hook = events.findLast((e) => e.reason === 'FailedPostStartHook');
  if (hook) {
    const command = eventsCommand('pod', pod);
    t.chain.add({ fact: clip(`FailedPostStartHook: ${hook.message ?? ''}`), command, shows: ['FailedPostStartHook'] });
    return reportField(t, pod, status.name, 'lifecycle', "the container's hooks are");
  }
  if (ended.reason === 'OOMKilled') return reportMemory(t, pod, status.name);
  if (ended.message) {
    const fact = `the container runtime: ${clip(innermost(ended.message))}`;
    t.chain.add({ fact, command: describeCommand('pod', pod), shows: [quote(innermost(ended.message))] });
  }
  // The runtime could not even start it: there was no program to write a log.
  const started = !/^(StartError|ContainerCannotRun)$/.test(ended.reason ?? '');
  if (started && (await lastLines(t, pod, status.name, !state?.terminated))) return;
  if (ended.exitCode === 0) {
    const command = getCommand('pod', pod, "-o jsonpath='{.spec.restartPolicy}'");
    const policy = pod.spec?.restartPolicy ?? 'Always';
    t.chain.add({ fact: `restartPolicy ${policy} starts it again each time that it ends`, command, shows: [policy] });
  }
  reportCommand(t, pod, status.name);
}

/** A container that was never started and says why. */
function reportWaiting(t: Trace, pod: Stored<Pod>, { state, name }: ContainerStatus): void {
  const message = state?.waiting?.message;
  if (!message) return;
  const fact = `the container runtime: ${clip(innermost(message))}`;
  t.chain.add({ fact, command: describeCommand('pod', pod), shows: [quote(innermost(message))] });
  reportCommand(t, pod, name);
}

/** `failed to create ...: OCI runtime create failed: ...: exec: "serve": executable file not found in $PATH: unknown` */
function innermost(message: string): string {
  return /exec: "[^"]*": [^:]+/.exec(readable(message))?.[0] ?? message;
}

/** What an exit code says by itself: 128 and more is the number of a signal (signal(7)), 126 and 127 are the shell's. */
function meaningOf({ exitCode, reason, signal }: ContainerStateTerminated): string {
  if (reason === 'OOMKilled') return 'OOMKilled: the kernel ended it for its memory';
  if (reason === 'StartError' || reason === 'ContainerCannotRun') return `${reason}: it could not be started`;
  const number = signal || (exitCode > 128 && exitCode < 160 ? exitCode - 128 : 0);
  const names: Record<number, string> = { 2: 'SIGINT', 6: 'SIGABRT', 9: 'SIGKILL', 11: 'SIGSEGV', 15: 'SIGTERM' };
  if (number) return `which is signal ${number}${names[number] ? ` (${names[number]})` : ''}`;
  if (exitCode === 0) return 'which is success: its program was done';
  if (exitCode === 127) return 'by which a shell says that it does not find a command';
  if (exitCode === 126) return 'by which a shell says that a file cannot be executed';
  return `${reason ?? 'Error'}: its program gave up`;
}

function reportMemory(t: Trace, pod: Stored<Pod>, name: string): void {
  const limit = containerOf(pod, name)?.resources?.limits?.memory;
  const command = getCommand('pod', pod, `-o jsonpath='{${containerPath(pod, name)}.resources}'`);
  const fact = limit ? `its memory limit is ${limit}` : 'it has no memory limit of its own: its node had no more';
  t.chain.add({ fact, command, shows: limit ? [limit] : [] });
  reportCommand(t, pod, name);
}

/** What the container runs. */
function reportCommand(t: Trace, pod: Stored<Pod>, name: string): void {
  const { command, args, image = '' } = containerOf(pod, name) ?? {};
  reportField(t, pod, name, 'command', 'its command is');
  reportField(t, pod, name, 'args', 'its arguments are');
  if (command || args) return;
  const look = getCommand('pod', pod, `-o jsonpath='{${containerPath(pod, name)}.image}'`);
  t.chain.add({ fact: `neither command nor args are given: image ${image} decides`, command: look, shows: [image] });
}

function reportField(
  t: Trace,
  pod: Stored<Pod>,
  name: string,
  field: 'command' | 'args' | 'lifecycle',
  words: string,
): void {
  const value = containerOf(pod, name)?.[field];
  if (value === undefined) return;
  const text = redact(JSON.stringify(value));
  const command = getCommand('pod', pod, `-o jsonpath='{${containerPath(pod, name)}.${field}}'`);
  t.chain.add({ fact: `${words} ${clip(text, 120)}`, command, shows: /\\|<hidden>/.test(text) ? [] : [quote(text)] });
}
