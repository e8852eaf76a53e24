import type { AccessAnswer, AccessQuestion } from '../checks/types.ts';
import type { Clock, Timer } from '../kernel/clock.ts';
import type { SubjectAccessReview } from '../kube/api.gen.ts';
import type { KubeClient } from '../kube/client.ts';
import type { Resource } from '../kube/meta.ts';
import { subjectAccessReviews } from '../kube/resources.ts';

/** A real authorizer reads RBAC through informers: it may follow a change a moment later. Milliseconds after the change. */
const propagation = [150, 600, 1_500];

/** Access reviews of the cluster's own authorizer; answers are kept until RBAC objects change. */
export class Reviews {
  readonly #client: KubeClient;
  readonly #clock: Clock;
  readonly #onStale: () => void;
  readonly #answers = new Map<string, Promise<AccessAnswer>>();
  #timers: Timer[] = [];
  #outstanding = 0;

  constructor(client: KubeClient, clock: Clock, onStale: () => void) {
    this.#client = client;
    this.#clock = clock;
    this.#onStale = onStale;
  }

  /** Rejects if the cluster can't be asked. */
  ask(question: AccessQuestion): Promise<AccessAnswer> {
    const key = JSON.stringify(question);
    let answer = this.#answers.get(key);
    if (!answer) {
      answer = this.#review(question);
      this.#answers.set(key, answer);
      answer.catch(() => this.#answers.delete(key));
    }
    return answer;
  }

  /** Forgets answers that a change of this resource may have created wrong. */
  onChange(resource: Resource): void {
    if (resource.group !== 'rbac.authorization.k8s.io') return;
    this.#answers.clear();
    for (const timer of this.#timers) timer.cancel();
    this.#outstanding = propagation.length;
    this.#timers = propagation.map((ms) =>
      this.#clock.after(ms, () => {
        this.#outstanding--;
        this.#answers.clear();
        this.#onStale();
      }),
    );
  }

  /** Whether the authorizer may not have seen the last change yet. */
  get propagating(): boolean {
    return this.#outstanding > 0;
  }

  stop(): void {
    for (const timer of this.#timers) timer.cancel();
  }

  async #review({ user, groups, path, ...resource }: AccessQuestion): Promise<AccessAnswer> {
    const { verb } = resource;
    const review: SubjectAccessReview = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: {
        user,
        groups,
        ...(path === undefined ? { resourceAttributes: resource } : { nonResourceAttributes: { verb, path } }),
      },
    };
    const { status } = await this.#client.create(subjectAccessReviews, review);
    return { allowed: status?.allowed ?? false, reason: status?.reason ?? status?.evaluationError ?? '' };
  }
}
