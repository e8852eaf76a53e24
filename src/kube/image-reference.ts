/** Image references as containerd and Docker read them. */
export interface ImageReference {
  /** With registry: `docker.io/library/nginx`. */
  repository: string;
  /** `latest` where neither tag nor digest is given. */
  tag: string | undefined;
  digest: string | undefined;
}

const pattern =
  /^((?:(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?\.)*[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?::\d+)?\/)?(?:[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*\/)*[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*)(?::(\w[\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$/;

/** Reads a reference; undefined if it is none (the kubelet says InvalidImageName then). */
export function parseReference(text: string): ImageReference | undefined {
  const match = pattern.exec(text);
  if (!match) return undefined;
  const [, name = '', tag, digest] = match;
  const slash = name.indexOf('/');
  const first = slash < 0 ? '' : name.slice(0, slash);
  const hasRegistry = /[.:]/.test(first) || first === 'localhost';
  let repository = hasRegistry ? name.replace(/^index\.docker\.io\//, 'docker.io/') : `docker.io/${name}`;
  if (/^docker\.io\/[^/]+$/.test(repository)) repository = repository.replace('docker.io/', 'docker.io/library/');
  return { repository, tag: tag ?? (digest === undefined ? 'latest' : undefined), digest };
}
