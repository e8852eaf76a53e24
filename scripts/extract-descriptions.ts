/**
 * Part of `npm run build`: takes the descriptions of API types and fields out of @kubernetes/client-node's type
 * declarations, and those that it leaves out (of fields that hold another type) out of kubernetes-models'. OpenAPI
 * documents get the texts of `kubectl explain` from them.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
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

/** kubernetes-models' file for a type; its folders are the groups' full names. */
function modelDeclaration(type: string): string | undefined {
  const [group = '', version = '', name = ''] = type.split('.').slice(-3);
  const folder = modelGroups.find((full) => full.split('.')[0] === group) ?? '';
  const places = type.includes('.apimachinery.')
    ? [`@kubernetes-models/apimachinery/${type.split('.').slice(4).join('/')}`]
    : [`kubernetes-models/${folder ? `${folder}/` : ''}${version}/${name}`];
  const file = places.map((place) => new URL(`../node_modules/${place}.d.ts`, import.meta.url)).find(existsSync);
  return file && readFileSync(file, 'utf8');
}

const modelGroups = readdirSync(new URL('../node_modules/kubernetes-models', import.meta.url), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !/^_|^v\d/.test(entry.name))
  .map(({ name }) => name);

/** Reads the comments before a class and before its quoted properties. */
function textsIn(source: string, names: ReadonlySet<string>): Record<string, string> {
  const texts: Record<string, string> = {};
  const about = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*export (?:declare class|interface)/.exec(source)?.[1];
  if (about) texts[''] = textOf(about);
  for (const [, comment = '', property = ''] of source.matchAll(
    /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*['"]([$\w]+)['"]\??:/g,
  )) {
    // Names that TypeScript reserves, or that it may not begin with, have a line or a $ before them.
    const name = names.has(property) ? property : property.replace(/^_+/, '').replace(/^\$/, '');
    if (names.has(name)) texts[name] ??= textOf(comment);
  }
  return texts;
}

function textsOf(type: string): Record<string, string> | undefined {
  const names = new Set([...jsonFields(typeInfo(type)).map((field) => field.json), 'apiVersion', 'kind']);
  const [model, client] = [modelDeclaration(type), declaration(type)].map((source) =>
    source === undefined ? undefined : textsIn(source, names),
  );
  if (!model && !client) return undefined;
  const texts = { ...model, ...client };
  // client-node does not say what the values of an enum mean.
  for (const [name, text] of Object.entries(model ?? {})) {
    const values = text.indexOf('\n\nPossible enum values:');
    if (values >= 0 && !texts[name]?.includes('Possible enum values:')) texts[name] += text.slice(values);
  }
  return texts;
}

/** The content of `descriptions.json.br`: texts by type and field, as compressed JSON. */
export function descriptions(): Buffer {
  const found: Record<string, Record<string, string>> = {};
  for (const [packageName, text] of Object.entries(typePackages)) {
    for (const name of Object.keys(JSON.parse(text) as object)) {
      const type = `${packageName}.${name}`;
      const texts = textsOf(type);
      if (texts) found[type] = texts;
    }
  }
  return brotliCompressSync(JSON.stringify(found));
}
