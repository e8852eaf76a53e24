import type { Clock, Timer } from '../../../kernel/clock.ts';
import type { Pod, TokenRequest } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { serviceAccounts } from '../../../kube/resources.ts';
import type { ApiClient } from '../../api.ts';

interface Token {
  token: string;
  /** ms since 1970: when a new one is due. */
  refreshAt: number;
}

const day = 24 * 3_600_000;

/**
 * The ServiceAccount tokens of one Pod, bound to it. A token is replaced when 80 % of its life is over, or after a
 * day (as the kubelet's token manager does).
 */
export class PodTokens {
  readonly #client: ApiClient;
  readonly #clock: Clock;
  readonly #tokens = new Map<string, Token>();
  #timer: Timer | undefined;

  constructor(client: ApiClient, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  /** A valid token for the audience (default: the API server's); rejects with `failed to fetch token: ...`. */
  async get(pod: Stored<Pod>, audience: string | undefined, expirationSeconds: number): Promise<string> {
    const key = `${audience ?? ''}/${expirationSeconds}`;
    const known = this.#tokens.get(key);
    if (known && known.refreshAt > this.#clock.now()) return known.token;
    const requestedAt = this.#clock.now();
    try {
      const { status } = await this.#client.createSubresource<TokenRequest>(
        serviceAccounts,
        pod.metadata.namespace,
        pod.spec?.serviceAccountName ?? 'default',
        'token',
        {
          apiVersion: 'authentication.k8s.io/v1',
          kind: 'TokenRequest',
          spec: {
            audiences: audience ? [audience] : [],
            expirationSeconds,
            boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: pod.metadata.name, uid: pod.metadata.uid },
          },
        },
      );
      if (!status) throw new Error('the server returned no token');
      const life = Date.parse(status.expirationTimestamp) - requestedAt;
      this.#tokens.set(key, { token: status.token, refreshAt: requestedAt + Math.min(0.8 * life, day) });
      return status.token;
    } catch (error) {
      // An old token that has not ended yet is better than none.
      if (known) return known.token;
      throw new Error(`failed to fetch token: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** Calls `refresh` once when the next token is due. */
  onDue(refresh: () => void): void {
    this.#timer?.cancel();
    const due = Math.min(...[...this.#tokens.values()].map((t) => t.refreshAt));
    if (Number.isFinite(due)) this.#timer = this.#clock.after(Math.max(1000, due - this.#clock.now()), refresh);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#tokens.clear();
  }
}
