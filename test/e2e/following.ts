import { connectRunningLabs, type RemoteLabs } from '../../src/session/remote-labs.ts';
import type { AttemptState } from '../../src/session/types.ts';
import type { Sandbox } from './sandbox.ts';

type Wanted = (state: AttemptState) => boolean;

/** Every state of an attempt as it comes, as the app gets them. */
export class Following {
  readonly #labs: RemoteLabs;
  readonly #end = new AbortController();
  readonly #waiting = new Set<(state: AttemptState) => void>();
  #state: AttemptState | undefined;

  private constructor(labs: RemoteLabs) {
    this.#labs = labs;
  }

  /** Follows the user's newest attempt, whose daemon must run. */
  static async newest(user: Sandbox): Promise<Following> {
    const { build } = await user.json<{ build: string }>(['daemon', 'status']);
    const labs = await connectRunningLabs(user.paths, build, new AbortController().signal);
    if (!labs) throw new Error('no daemon runs');
    const following = new Following(labs);
    void labs
      .follow({}, { onEvent: (state) => following.#take(state), signal: following.#end.signal })
      .catch(() => undefined);
    return following;
  }

  /** Resolves with the first state from now on (the present one included) that is as wanted; rejects after `patience` ms. */
  until(wanted: Wanted, patience = 60_000): Promise<AttemptState> {
    if (this.#state && wanted(this.#state)) return Promise.resolve(this.#state);
    return new Promise((resolve, reject) => {
      const look = (state: AttemptState) => {
        if (!wanted(state)) return;
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve(state);
      };
      const timer = setTimeout(() => {
        const verdicts = this.#state?.verdicts.map(({ id, status, why }) => `${id} ${status} ${why ?? ''}`);
        reject(new Error(`not reached; the last state was\n${verdicts?.join('\n')}`));
      }, patience);
      this.#waiting.add(look);
    });
  }

  close(): void {
    this.#end.abort();
    this.#labs.close();
  }

  #take(state: AttemptState): void {
    this.#state = state;
    for (const look of [...this.#waiting]) look(state);
  }
}
