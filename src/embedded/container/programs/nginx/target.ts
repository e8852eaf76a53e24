/** Where a proxy_pass leads. */
export interface Target {
  scheme: string;
  /** `host[:port]` as it is written. */
  authority: string;
  /** What stands after it; undefined: the request's own URI is handed on. */
  uri: string | undefined;
}

/** Takes the URL of a proxy_pass apart; undefined: it has no scheme that nginx knows. */
export function targetOf(url: string): Target | undefined {
  const match = /^(https?):\/\/([^/?]+)([/?][\s\S]*)?$/i.exec(url);
  return match ? { scheme: (match[1] ?? '').toLowerCase(), authority: match[2] ?? '', uri: match[3] } : undefined;
}
