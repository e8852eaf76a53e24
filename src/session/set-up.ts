import { installAddon } from '../cluster/addons/install.ts';
import { clusterEnvironment } from '../cluster/kubectl/kubectl.ts';
import type { Cluster } from '../cluster/provider.ts';
import { baselineOf } from '../grading/baseline.ts';
import { Grader } from '../grading/grader.ts';
import type { Clock } from '../kernel/clock.ts';
import { EnvironmentError } from '../kernel/errors.ts';
import type { KubeClient } from '../kube/client.ts';
import { applyScript } from '../scenario/apply.ts';
import type { Scenario } from '../scenario/types.ts';

/** How long set-up may take to hold before that is an error, milliseconds. */
const patience = 120_000;

export interface SetUpOptions {
  client: KubeClient;
  clock: Clock;
  signal: AbortSignal;
  /** Environment for scripts: PATH with a kubectl. */
  scriptEnvironment(): Promise<Record<string, string>>;
  /** Called before each step. */
  onStep(step: string): Promise<void>;
}

/** Installs a scenario's addons, runs its set-up and waits until it holds. */
export async function setUpScenario(scenario: Scenario, cluster: Cluster, options: SetUpOptions): Promise<void> {
  const { client, clock, signal, onStep } = options;
  for (const addon of scenario.cluster.addons) {
    await onStep(`installing ${addon}`);
    await installAddon(client, addon, signal);
  }
  if (scenario.setup.length > 0) {
    // Scripts need a kubectl; manifests alone do not.
    const path = scenario.setup.some((s) => s.kind === 'shell') ? await options.scriptEnvironment() : {};
    const env = { ...clusterEnvironment(cluster.kubeconfig), ...path };
    for (const script of scenario.setup) {
      await onStep(script.name.replace(/^\d+-/, ''));
      await applyScript(script, { client, env, signal });
    }
  }
  await onStep('waiting for the workloads');
  await Promise.all([untilReady(scenario, { client, clock, signal, since: 0 }), cluster.systemRuns?.()]);
}

/** Resolves when what the scenario waits for holds, on evidence newer than `since`, or of Pods that were over by then. */
export async function untilReady(
  { waits }: Scenario,
  { client, clock, signal, since }: Pick<SetUpOptions, 'client' | 'clock' | 'signal'> & { since: number },
): Promise<void> {
  if (waits.length === 0) return;
  signal.throwIfAborted();
  const done = Promise.withResolvers<void>();
  const check = () => {
    if (grader.verdicts().every((v) => v.status === 'pass')) done.resolve();
  };
  const grader = new Grader({
    client,
    checks: waits,
    baseline: baselineOf({ version: 1, objects: [] }),
    clock,
    activatedAt: since,
    lastError: true,
    onVerdict: check,
  });
  const tooLate = clock.after(patience, () => {
    const late = grader.verdicts().filter((v) => v.status !== 'pass');
    done.reject(
      new EnvironmentError({
        what: 'the scenario did not get ready',
        why: late.map((v) => `${v.title}: ${v.actual}${v.why ? ` (${v.why})` : ''}`).join('; '),
        next: 'kubedrill doctor',
      }),
    );
  });
  const onStop = () => done.reject(signal.reason);
  signal.addEventListener('abort', onStop, { once: true });
  try {
    void grader.start().then(check, done.reject);
    await done.promise;
  } finally {
    tooLate.cancel();
    signal.removeEventListener('abort', onStop);
    grader.stop();
  }
}
