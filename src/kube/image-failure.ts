import { readable } from './readable.ts';

/** Why an image could not be had, as far as the container runtime's message tells. */
export interface ImageFailure {
  cause: 'denied' | 'not-found' | 'unknown-host' | 'unreachable' | 'untrusted' | 'rate-limit' | 'unknown';
  /** The end of the message, where the registry or the network speaks. */
  said: string;
}

/** The words of containerd, CRI-O and registries (OCI distribution specification), the most telling first. */
const causes: readonly (readonly [ImageFailure['cause'], RegExp])[] = [
  ['rate-limit', /toomanyrequests|429 Too Many Requests|rate limit/i],
  ['unknown-host', /no such host|server misbehaving|Temporary failure in name resolution/i],
  ['untrusted', /x509|certificate|server gave HTTP response to HTTPS client/i],
  [
    'denied',
    /pull access denied|insufficient_scope|authorization failed|authentication required|no basic auth|401 Unauthorized|403 Forbidden|\bunauthorized\b|\bdenied:/i,
  ],
  ['not-found', /not found|manifest unknown|name unknown|no match for platform/i],
  [
    'unreachable',
    /i\/o timeout|connection refused|deadline exceeded|network is unreachable|no route to host|connection reset/i,
  ],
];

/** Reads the message of an ErrImagePull, or of the kubelet's Event `Failed to pull image ...`. */
export function parseImageFailure(whole: string): ImageFailure {
  const message = readable(whole);
  const cause = causes.find(([, pattern]) => pattern.test(message))?.[0] ?? 'unknown';
  // Each layer puts its own words before those of the layer below: the last that names the reference is the registry's.
  const said = message.replace(
    /^.*(?:failed to resolve (?:reference|image)[^"]*"[^"]*"|desc = failed to pull and unpack image "[^"]*"|Failed to pull image "[^"]*"): /s,
    '',
  );
  return { cause, said: said.trim() };
}
