import type { Clock } from '../../../kernel/clock.ts';
import { sleep } from '../../../kernel/clock.ts';
import type { LifecycleHandler } from '../../../kube/api.gen.ts';
import { type ActionTarget, execToEnd, httpGet, portNumber } from '../probes/probe-action.ts';

/** Runs a postStart or preStop hook to its end; rejects if it fails. `signal` breaks it off. */
export async function runHook(
  target: ActionTarget,
  hook: LifecycleHandler,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  if (hook.exec) {
    const { code, output } = await execToEnd(target.running, hook.exec.command ?? [], signal);
    if (code !== 0) throw new Error(`command '${(hook.exec.command ?? []).join(' ')}' exited with ${code}: ${output}`);
  } else if (hook.httpGet) {
    const { success, output } = await httpGet(target, hook.httpGet, signal);
    if (!success) throw new Error(output);
  } else if (hook.tcpSocket) {
    const port = portNumber(target.container, hook.tcpSocket.port);
    (await target.runtime.connect(target.podUid, port)).destroy();
  } else if (hook.sleep) {
    await sleep(clock, hook.sleep.seconds * 1000, signal);
  }
}
