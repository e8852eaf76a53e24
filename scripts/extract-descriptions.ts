/**
 * Part of `npm run build`: takes the descriptions of API types and fields out of @kubernetes/client-node's type
 * declarations and writes dist/descriptions.json.br, from which OpenAPI documents get the texts of `kubectl explain`.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { brotliCompressSync } from 'node:zlib';
import { jsonFields, typeInfo } from '../src/embedded/codec/type-table.ts';
import { typePackages } from '../src/embedded/generated/types.gen.ts';

const models = new URL('../node_modules/@kubernetes/client-node/dist/gen/models/', import.meta.url);
const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);

/** client-node's file for a type: its version and name, with the group before them where names clash. */
function declaration(type: string): string | undefined {
  const [group = '', version = '', name = ''] = type.split('.').slice(-3);
  const candidates = [
    capital(group) + capital(version) + name,
    capital(version) + name,
    capital(version) + capital(name),
  ];
  for (const candidate of candidates) {
    const file = new URL(`${candidate}.d.ts`, models);
    if (existsSync(file)) return readFileSync(file, 'utf8');
  }
  return undefined;
}

function textOf(comment: string): string {
  return comment
    .split('\n')
    .map((line) => line.replace(/^\s*\*?\s?/, '').trimEnd())
    .join('\n')
    .trim()
    .replaceAll(/\\(['"`\\])/g, '$1');
}

function textsOf(type: string): Record<string, string> | undefined {
  const source = declaration(type);
  if (!source) return undefined;
  const texts: Record<string, string> = {};
  const about = /\/\*\*([^/]*(?:\/(?!\*\*)[^/]*)*?)\*\/\s*export declare class/.exec(source)?.[1];
  if (about) texts[''] = textOf(about);
  const names = new Set([...jsonFields(typeInfo(type)).map((field) => field.json), 'apiVersion', 'kind']);
  for (const [, comment = '', property = ''] of source.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*'(\w+)'\??:/g)) {
    // Names that TypeScript reserves, or that it may not begin with, have a line or a $ before them.
    const name = names.has(property) ? property : property.replace(/^_+/, '').replace(/^\$/, '');
    if (names.has(name)) texts[name] = textOf(comment);
  }
  return texts;
}

const found: Record<string, Record<string, string>> = {};
for (const [packageName, text] of Object.entries(typePackages)) {
  for (const name of Object.keys(JSON.parse(text) as object)) {
    const type = `${packageName}.${name}`;
    const texts = textsOf(type);
    if (texts) found[type] = texts;
  }
}
const dist = new URL('../dist/', import.meta.url);
mkdirSync(dist, { recursive: true });
writeFileSync(new URL('descriptions.json.br', dist), brotliCompressSync(JSON.stringify(found)));
