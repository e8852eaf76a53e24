import { UserError } from '../kernel/errors.ts';
import type { MethodOptions } from '../kernel/rpc-contract.ts';
import { workFor } from '../kernel/work.ts';
import type { Catalog } from '../scenario/catalog.ts';
import { defaultSeed } from '../scenario/seed-list.ts';
import type { TrustStore } from '../scenario/trust.ts';
import { Attempt } from './attempt.ts';
import type { Attempts } from './attempts.ts';
import type { Clusters } from './clusters.ts';
import type { Labs } from './contract.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { AttemptState, StartRequest } from './types.ts';

export interface AttemptVerbsOptions {
  attempts: Attempts;
  lifecycle: Lifecycle;
  clusters: Clusters;
  catalog: Catalog;
  trust: TrustStore;
}

type AttemptVerbs = Pick<Labs, 'start' | 'attempts' | 'attempt' | 'follow' | 'reset' | 'stop'>;

/** What is asked about attempts as such: begin them, look at them, end them. */
export function attemptVerbs(options: AttemptVerbsOptions): AttemptVerbs {
  const { attempts, lifecycle } = options;

  return {
    start: (request, { onEvent = () => undefined, signal } = {}) => start(options, request, { onEvent, signal }),

    attempts: async () => [
      ...attempts.all().map((attempt) => attempt.state()),
      ...attempts.aside().map((a) => a.state),
    ],

    async attempt({ id } = {}) {
      return attempts.failed(id) ?? stateOf(await attempts.get(id));
    },

    async follow({ id } = {}, { onEvent = () => undefined, signal } = {}) {
      const found = await attempts.get(id);
      const attempt = found instanceof Attempt ? found : undefined;
      const unsubscribe = attempt?.onState(onEvent);
      attempt?.attend('came');
      onEvent(stateOf(found));
      await new Promise<void>((resolve) => {
        if (signal?.aborted) return resolve();
        signal?.addEventListener('abort', () => resolve(), { once: true });
      });
      unsubscribe?.();
      attempt?.attend('left');
    },

    /** One that is set aside because it blocked a daemon is taken up before. */
    async reset({ id } = {}) {
      const found = attempts.find(id);
      if (found && !(found instanceof Attempt)) await lifecycle.takeUpMarked(found);
      const attempt = await attempts.open(id);
      return workFor({ attempt: attempt.id }, async () => {
        await attempt.reset();
        return attempt.state();
      });
    },

    async stop({ id } = {}) {
      const failed = attempts.failed(id);
      if (failed) return failed;
      const found = await attempts.get(id);
      if (found.fold.exam) {
        throw new UserError({
          what: `${found.fold.id} is a task of the exam ${found.fold.exam.id}`,
          next: 'end all of it: kubedrill exam submit, or kubedrill exam stop',
        });
      }
      if (!(found instanceof Attempt)) return lifecycle.endAside(found);
      await lifecycle.end(found);
      return found.state();
    },
  };
}

type Listening = MethodOptions<AttemptState> & { onEvent(state: AttemptState): void };

async function start(
  { attempts, lifecycle, clusters, catalog, trust }: AttemptVerbsOptions,
  request: StartRequest,
  { onEvent, signal }: Listening,
): Promise<AttemptState> {
  const { seed = defaultSeed, packFolder, provider, nodeImage, target, coach = 0 } = request;
  const scenario = catalog.scenario(request.scenario, { seed, ...(packFolder && { packFolder }) });
  trust.require(scenario, scenario.setup);
  const before = request.resume ? attempts.at(scenario) : undefined;
  if (before && !(before instanceof Attempt)) {
    onEvent(before.state);
    throw before.error;
  }
  if (before && before.fold.phase !== 'failed') {
    before.attend('sign');
    return before.state();
  }
  // Trying again after a reset that failed: a fresh one takes its place.
  if (before) await lifecycle.end(before);
  clusters.provider(provider);
  const on = { provider, ...(nodeImage && { nodeImage }), ...(target && { target }) };
  return lifecycle.begin({ scenario, seed, on, coach }, onEvent, signal);
}

function stateOf(found: Awaited<ReturnType<Attempts['get']>>): AttemptState {
  return found instanceof Attempt ? found.state() : found.state;
}
