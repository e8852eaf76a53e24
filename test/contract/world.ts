import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Kubectl } from './kubectl.ts';

/** What is set up before the damage is done: a bit of everything that scenarios use. */
export class World {
  readonly #kubectl: Kubectl;
  readonly #folder: string;

  constructor(kubectl: Kubectl, folder: string) {
    this.#kubectl = kubectl;
    this.#folder = folder;
  }

  async setUp(): Promise<void> {
    for (const file of readdirSync(this.#folder).sort()) {
      await this.#kubectl.apply(readFileSync(join(this.#folder, file), 'utf8'));
      await this.#kubectl.run('wait', '--for=condition=Established', 'crd/parcels.depot.example.com', '--timeout=60s');
    }
    await this.works();
  }

  /** Rejects unless all that should run, runs. */
  async works(): Promise<void> {
    const rollouts = [
      'deployment/web -n shop',
      'daemonset/lamp -n shop',
      'statefulset/ledger -n depot',
      'deployment/coredns -n kube-system',
    ];
    for (const target of rollouts) {
      await this.#kubectl.run('rollout', 'status', ...target.split(' '), '--timeout=90s');
    }
    const conditions = [
      ['pod/porter', 'condition=Ready'],
      ['job/stocktaking', 'condition=Complete'],
      ['pvc/goods', 'jsonpath={.status.phase}=Bound'],
      ['pv/shelf-1', 'jsonpath={.status.phase}=Bound'],
    ] as const;
    for (const [object, condition] of conditions) {
      await this.#kubectl.run('wait', object, '-n', 'depot', `--for=${condition}`, '--timeout=90s');
    }
  }
}
