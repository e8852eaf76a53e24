/** containerd as a service of a node. It runs whatever happens: without it there are no containers to look at. */
import type { RuntimeLoss, UnitAnswer } from '../../node-api.ts';
import type { Journal } from './journal.ts';
import { complained, said } from './units.ts';

export const containerdUnit = 'containerd.service';

/** How systemd says that the main process of a service has ended, and the result of the unit. */
const endings: Record<RuntimeLoss, { before?: string; exit: string; result: string }> = {
  hang: { before: 'Watchdog timeout (limit 20s)!', exit: 'code=dumped, status=6/ABRT', result: 'watchdog' },
  memory: {
    before: 'A process of this unit has been killed by the OOM killer.',
    exit: 'code=killed, status=9/KILL',
    result: 'oom-kill',
  },
  crash: { exit: 'code=exited, status=2/INVALIDARGUMENT', result: 'exit-code' },
};

export class Containerd {
  readonly #journal: Journal;
  #restarts = 0;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  /** What systemctl says to a verb. */
  unitVerb(verb: string): UnitAnswer {
    if (verb === 'is-active') return said('active\n');
    if (verb === 'is-enabled') return said('enabled\n');
    if (verb === 'start' || verb === 'restart' || verb === 'enable') return said('');
    if (verb === 'status') {
      return said(
        `● ${containerdUnit} - containerd container runtime\n     Loaded: loaded (/etc/systemd/system/${containerdUnit}; enabled; preset: enabled)\n     Active: active (running)\n`,
      );
    }
    return complained(`Failed to ${verb} ${containerdUnit}: it always runs on a simulated node.\n`, 1);
  }

  /** All containers died with what runs them, and it has been started again: written in the journal as systemd does. */
  lost(loss: RuntimeLoss): void {
    const { before, exit, result } = endings[loss];
    this.#restarts++;
    if (before !== undefined) this.#log(before);
    this.#log(`Main process exited, ${exit}`);
    this.#log(`Failed with result '${result}'.`);
    this.#log(`Scheduled restart job, restart counter is at ${this.#restarts}.`);
    this.#journal.write(containerdUnit, 'systemd', 1, `Started ${containerdUnit} - containerd container runtime.`);
  }

  #log(text: string): void {
    this.#journal.write(containerdUnit, 'systemd', 1, `${containerdUnit}: ${text}`);
  }
}
