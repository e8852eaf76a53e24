/** A parsed image reference; `normalized` has registry, repository and tag: `docker.io/library/nginx:1.27`. */
export interface ImageReference {
  normalized: string;
  repository: string;
  tag?: string;
}

/** Carries the parser's text: `invalid reference format`. */
export class ImageReferenceError extends Error {}

const component = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const domain =
  '(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)(?:\\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*(?::[0-9]+)?';
const reference = new RegExp(
  `^((?:${domain}/)?${component}(?:/${component})*)(?::([\\w][\\w.-]{0,127}))?(?:@([a-z0-9]+:[0-9a-f]{32,}))?$`,
);

/**
 * Reads an image reference as the distribution library does: Docker Hub and `library/` where nothing is named, tag
 * `latest` where neither tag nor digest is. Throws an ImageReferenceError.
 */
export function parseImage(text: string): ImageReference {
  const slash = text.indexOf('/');
  const host = slash > 0 ? text.slice(0, slash) : '';
  const hasHost = /[.:]/.test(host) || host === 'localhost' || host !== host.toLowerCase();
  const rest = hasHost ? text.slice(slash + 1) : text;
  const path = !hasHost && slash < 0 ? `library/${rest}` : rest;
  const name = path.split('@')[0]?.replace(/:[^/]*$/, '') ?? '';
  if (name !== name.toLowerCase()) {
    throw new ImageReferenceError(`invalid reference format: repository name (${name}) must be lowercase`);
  }
  const match = reference.exec(`${hasHost ? host : 'docker.io'}/${path}`);
  if (!match?.[1]) throw new ImageReferenceError('invalid reference format');
  const repository = match[1];
  if (match[3]) return { normalized: `${repository}@${match[3]}`, repository };
  const tag = match[2] ?? 'latest';
  return { normalized: `${repository}:${tag}`, repository, tag };
}
