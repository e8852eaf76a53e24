/**
 * The texts of `kubectl explain`. They are Kubernetes' own, so they are not in the repository: the build takes them out
 * of @kubernetes/client-node into dist/ (scripts/extract-descriptions.ts). Without them explain shows structure only.
 */
import { existsSync, readFileSync } from 'node:fs';
import { brotliDecompressSync } from 'node:zlib';

type Texts = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Beside the bundle, or in dist/ seen from the sources. */
const places = ['./descriptions.json.br', '../../../dist/descriptions.json.br'].map(
  (path) => new URL(path, import.meta.url),
);

let loaded: Texts | undefined;

/** Whether the build has left texts to be found. */
export function hasDescriptions(): boolean {
  return places.some((place) => existsSync(place));
}

/** The texts of a type by its OpenAPI name: of its fields, and of itself under the empty name. */
export function typeDescriptions(type: string): Readonly<Record<string, string>> | undefined {
  if (!loaded) {
    const place = places.find((candidate) => existsSync(candidate));
    loaded = place ? (JSON.parse(brotliDecompressSync(readFileSync(place)).toString('utf8')) as Texts) : {};
  }
  return loaded[type];
}
