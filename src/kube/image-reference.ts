/** Image references as containerd and Docker read them. */
export interface ImageReference {
  /** With registry: `docker.io/library/nginx`. */
  repository: string;
  /** `latest` where neither tag nor digest is given. */
  tag: string | undefined;
  digest: string | undefined;
}

const pattern =
  /^((?:(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?\.)*[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?::\d+)?\/)?(?:[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*\/)*[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*)(?::(\w[\w.-]{0,127}))?(?:@([a-z0-9]+:[0-9a-f]{32,}))?$/;

/** Reads a reference; undefined if it is none (the kubelet says InvalidImageName then). */
export function parseReference(text: string): ImageReference | undefined {
  const match = pattern.exec(text);
  if (!match) return undefined;
  const [, name = '', tag, digest] = match;
  let repository = registryOf(name) ? name.replace(/^index\.docker\.io\//, 'docker.io/') : `docker.io/${name}`;
  if (/^docker\.io\/[^/]+$/.test(repository)) repository = repository.replace('docker.io/', 'docker.io/library/');
  return { repository, tag: tag ?? (digest === undefined ? 'latest' : undefined), digest };
}

/** A repository as people write it: without Docker's own registry and library. */
export function familiarName(repository: string): string {
  return repository.replace(/^docker\.io\/(library\/)?/, '');
}

/** As it is pulled: with registry, repository, and digest or tag. */
export function referenceText({ repository, tag, digest }: ImageReference): string {
  return digest === undefined ? `${repository}:${tag}` : `${repository}@${digest}`;
}

/** What the distribution library says of a text that is no reference. */
export function referenceProblem(text: string): string {
  const path = text.slice(registryOf(text).length);
  const name = path.split('@')[0]?.replace(/:[^/]*$/, '') ?? '';
  if (name === name.toLowerCase()) return 'invalid reference format';
  const repository = registryOf(text) || path.includes('/') ? name : `library/${name}`;
  return `invalid reference format: repository name (${repository}) must be lowercase`;
}

/** The registry that a reference names, with its slash; empty if it names none. */
function registryOf(text: string): string {
  const first = text.slice(0, text.indexOf('/') + 1);
  return /[.:]/.test(first) || first === 'localhost/' || first !== first.toLowerCase() ? first : '';
}
