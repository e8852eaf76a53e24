import type { Clock } from '../../../kernel/clock.ts';
import type { Container } from '../../../kube/api.gen.ts';
import { goDuration } from '../../../kube/duration.ts';
import {
  familiarName,
  type ImageReference,
  parseReference,
  referenceProblem,
  referenceText,
} from '../../../kube/image-reference.ts';
import type { ContainerRuntime } from '../../container-api.ts';
import { BackOff } from './back-off.ts';

export type Image = NonNullable<ReturnType<ContainerRuntime['image']>>;

/** Why a container waits: goes to `state.waiting` and to the event `Error: ...`. */
export class WaitingError extends Error {
  readonly reason: string;
  /** When another try makes sense (ms since 1970); undefined: with the next resync. */
  readonly retryAt?: number;

  constructor(reason: string, message: string, retryAt?: number) {
    super(message);
    this.reason = reason;
    this.retryAt = retryAt;
  }
}

type Tell = (type: 'Normal' | 'Warning', reason: string, message: string) => void;

/** Pulls images as the kubelet's image manager does: policies, events, back-off 10 s doubling to 5 min. */
export class Images {
  readonly #runtime: ContainerRuntime;
  readonly #clock: Clock;
  readonly #hint: string | undefined;
  readonly #backOff = new BackOff(10_000, 300_000);
  readonly #lastError = new Map<string, { at: number; text: string }>();

  /** `hint`: what an event says of images that there are; undefined: nothing. */
  constructor(runtime: ContainerRuntime, clock: Clock, hint?: string) {
    this.#runtime = runtime;
    this.#clock = clock;
    this.#hint = hint;
  }

  /** The image of a container of Pod `podUid`; throws a WaitingError after having told the event of it. */
  ensure(podUid: string, container: Container, tell: Tell): Image {
    const text = container.image ?? '';
    const parsed = this.#parse(text, tell);
    const present = this.#runtime.image(text);
    const policy = container.imagePullPolicy ?? (parsed.tag === 'latest' ? 'Always' : 'IfNotPresent');
    if (present && policy !== 'Always') {
      tell('Normal', 'Pulled', `Container image "${text}" already present on machine and can be accessed by the pod`);
      return present;
    }
    if (policy === 'Never') {
      const message = `Container image "${text}" is not present with pull policy of Never`;
      tell('Warning', 'ErrImageNeverPull', message);
      throw new WaitingError('ErrImageNeverPull', message);
    }
    return this.#pull(`${podUid}_${text}`, text, parsed, present, tell);
  }

  forget(podUid: string): void {
    this.#backOff.forget((key) => key.startsWith(podUid));
    for (const key of this.#lastError.keys()) if (key.startsWith(podUid)) this.#lastError.delete(key);
  }

  #parse(text: string, tell: Tell): ImageReference {
    const parsed = parseReference(text);
    if (parsed) return parsed;
    const why = referenceProblem(text);
    const message = `Failed to apply default image tag "${text}": couldn't parse image name "${text}": ${why}`;
    tell('Warning', 'InspectFailed', message);
    throw new WaitingError('InvalidImageName', message);
  }

  #pull(key: string, text: string, parsed: ImageReference, found: Image | undefined, tell: Tell): Image {
    const now = this.#clock.now();
    const last = this.#lastError.get(key);
    const until = last && this.#backOff.until(key, last.at, now);
    if (until !== undefined) {
      const message = `Back-off pulling image "${text}"`;
      tell('Normal', 'BackOff', message);
      throw new WaitingError('ImagePullBackOff', `${message}: ErrImagePull: ${last?.text}`, until);
    }
    tell('Normal', 'Pulling', `Pulling image "${text}"`);
    if (found) {
      const took = goDuration(Math.max(1, this.#clock.now() - now));
      tell(
        'Normal',
        'Pulled',
        `Successfully pulled image "${text}" in ${took} (${took} including waiting). Image size: ${found.sizeBytes} bytes.`,
      );
      return found;
    }
    const why = this.#pullError(parsed);
    tell('Warning', 'Failed', `Failed to pull image "${text}": ${why}`);
    if (this.#hint !== undefined) tell('Warning', 'UnknownImage', `${this.#missing(text, parsed)}: ${this.#hint}`);
    this.#lastError.set(key, { at: now, text: why });
    this.#backOff.next(key, now, now);
    throw new WaitingError('ErrImagePull', why, now + 1000);
  }

  /** What of a reference this cluster does not have. */
  #missing(text: string, { repository, tag }: ImageReference): string {
    return this.#runtime.hasRepository(repository) && tag !== undefined
      ? `the embedded cluster has ${familiarName(repository)}, but no tag ${tag} of it`
      : `the embedded cluster has no image ${text}`;
  }

  /** What containerd says when a registry does not have the image. */
  #pullError(reference: ImageReference): string {
    const { repository } = reference;
    const normalized = referenceText(reference);
    const steps = `failed to pull and unpack image "${normalized}": failed to resolve reference "${normalized}"`;
    if (this.#runtime.hasRepository(repository)) {
      return `rpc error: code = NotFound desc = ${steps}: ${normalized}: not found`;
    }
    return `rpc error: code = Unknown desc = ${steps}: pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed`;
  }
}
