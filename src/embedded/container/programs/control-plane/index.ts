/** The parts of the control plane as processes: each does its work in the cluster for as long as it runs. */

import type { Process, Program } from '../../kernel/process.ts';
import { signals } from '../../kernel/signals.ts';
import { askNode } from '../../lib/ask-node.ts';
import { program } from '../../lib/program.ts';
import type { ControlPlaneComponent } from './component.ts';
import { etcd } from './etcd/index.ts';
import { etcdPatienceMs as patienceMs } from './etcd-client.ts';
import { kubeApiServer } from './kube-apiserver.ts';
import { kubeControllerManager } from './kube-controller-manager.ts';
import { kubeProxy } from './kube-proxy.ts';
import { kubeScheduler } from './kube-scheduler.ts';
import { Ended } from './pflag-program.ts';
import { StartFailure } from './start-failure.ts';

/** How often a part looks whether what it needs is still there. */
const lookEveryMs = 1000;

let processes = 0;

function partProgram(component: ControlPlaneComponent): Program {
  const main = async (p: Process): Promise<number> => {
    for (const signal of [signals.SIGTERM, signals.SIGINT]) p.dispositions.set(signal, () => p.terminate({ code: 0 }));
    const process = `${p.container.id}/${processes++}`;
    const tell = (runs: boolean) => askNode(p, { kind: 'component', name: component.name, process, runs });
    try {
      return await work(p, component, tell);
    } catch (error) {
      if (!(error instanceof Ended) && !(error instanceof StartFailure)) throw error;
      if (error instanceof StartFailure) await error.tell(p);
      // Also where it never worked: nobody waits for its first process any more.
      await p.until(tell(false));
      return error.code;
    }
  };
  return program(component.name, main, { go: true });
}

async function work(
  p: Process,
  component: ControlPlaneComponent,
  tell: (runs: boolean) => Promise<unknown>,
): Promise<number> {
  const { needs } = component;
  const flags = await component.parse(p);
  const own = await component.start(p, flags);
  if (!own) return component.serve(p, flags);
  p.onExit(() => p.background(tell(false)));
  const hasAll = async () => {
    const reached = !needs || (await needs.reached(p, flags));
    // Where nobody knows of the others, they are there.
    const all = (await p.until(tell(reached))) ?? true;
    return reached && all === true;
  };
  /** Waits for what it needs as long as it has patience. */
  const regained = async () => {
    const end = p.container.clock.now() + patienceMs;
    if (needs && !(await needs.regained(p, flags))) return false;
    while (p.container.clock.now() < end) {
      if (await hasAll()) return true;
      await p.sleep(lookEveryMs);
    }
    return false;
  };
  if (!needs) {
    const serving = component.serve(p, flags);
    const leading = own.lead?.().then(hasAll) ?? hasAll();
    // Who fails to lead ends; who leads goes on to serve.
    const code = await Promise.race([serving, leading.then(() => serving)]);
    if (own.end) await p.until(tell(false));
    await own.end?.();
    return code;
  }
  if (!(await hasAll()) && !(await regained())) throw needs.lost();
  const serving = component.serve(p, flags);
  const alone = (async () => {
    for (;;) {
      await p.sleep(lookEveryMs);
      if (!(await hasAll()) && !(await regained())) throw needs.lost();
    }
  })();
  return Promise.race([serving, alone]);
}

export const controlPlanePrograms: readonly Program[] = [
  etcd,
  kubeApiServer,
  kubeControllerManager,
  kubeProxy,
  kubeScheduler,
].map(partProgram);
