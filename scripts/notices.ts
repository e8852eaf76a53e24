/** The notices that the licences of bundled packages ask for, made from what really is in the bundle. */
import { join } from 'node:path';
import type { Plugin } from 'rolldown';
import { createRollupLicensePlugin } from 'rollup-license-plugin';
import { ownValue } from '../src/kernel/own.ts';

const root = join(import.meta.dirname, '..');

/** A package in the bundle, as the plugin finds it. */
interface Bundled {
  name: string;
  version: string;
  license: string;
  licenseText: string | null;
  repository: string | null;
  author?: string | { name: string };
}

/** Licences under which others may use, change and pass on what is bundled, as long as the notice comes along. */
const permissive = /^(MIT|MIT-0|ISC|0BSD|BSD-[23]-Clause|Apache-2\.0|BlueOak-1\.0\.0|CC0-1\.0|Unlicense)$/;

/** Not in the bundle, but the texts of `kubectl explain` are taken from it (extract-descriptions.ts). */
const quoted = ['kubernetes-models', '@kubernetes-models/apimachinery'];

/**
 * Plugins that write `THIRD-PARTY-NOTICES` beside the bundles they are called for, one for each bundle, with what is in any
 * of them; a package under another kind of licence, or none, fails the build.
 */
export function noticesPlugins(): () => Plugin[] {
  const bundled: Bundled[] = [];
  const text = (packages: Bundled[]) => {
    bundled.push(...packages);
    return noticesText(bundled);
  };
  return () => [noticesPlugin(text)];
}

function noticesPlugin(text: (packages: Bundled[]) => string): Plugin {
  return createRollupLicensePlugin({
    outputFilename: false,
    includePackages: () => quoted.map((name) => join(root, 'node_modules', name)),
    unacceptableLicenseTest: (license) => !permissive.test(license),
    additionalFiles: { 'THIRD-PARTY-NOTICES': (packages) => text(packages as Bundled[]) },
  }) as Plugin;
}

/** One section for each package, by name; those that share a text, as those of one project do, share a section. */
export function noticesText(packages: readonly Bundled[]): string {
  const byText = new Map<string, Bundled[]>();
  for (const bundled of [...packages].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const text = (bundled.licenseText ?? '').trim() || wordsWithoutFile(bundled);
    const those = byText.get(text) ?? [];
    // The same version may be installed in several places.
    if (those.some(({ name, version }) => name === bundled.name && version === bundled.version)) continue;
    byText.set(text, [...those, bundled]);
  }
  const sections = [...byText].map(([text, those]) => {
    const names = those.map(({ name, version, license, repository }) =>
      [`${name} ${version} (${license})`, repository?.replace(/^git\+/, '')].filter(Boolean).join(', '),
    );
    return `${names.join('\n')}\n\n${text}\n`;
  });
  const rule = `\n${'-'.repeat(80)}\n\n`;
  return [head, ...sections].join(rule);
}

const head = `kubedrill is licensed under the Apache License 2.0 (see LICENSE). Bundled with it, or quoted by it, is the work of
others, under the licences below. What \`kubectl explain\` prints of API types, and the names and numbers of API fields,
are from Kubernetes, Copyright The Kubernetes Authors, Apache License 2.0.
`;

/** Of packages that name neither in a file of their own nor as their author who holds the rights: as their sources say. */
const holders: Record<string, string> = {
  '@xterm/headless':
    '2014-2024 The xterm.js authors, 2014-2016 SourceLair Private Company, 2012-2013 Christopher Jeffrey',
};

/** A package that names a licence and ships no text of it. */
function wordsWithoutFile({ name, version, license, author }: Bundled): string {
  const holder = (typeof author === 'string' ? author : author?.name) ?? ownValue(holders, name);
  if (license !== 'MIT' || !holder) throw new Error(`${name} ${version} (${license}) has no licence text`);
  return mit(holder);
}

const mit = (holder: string) => `MIT License

Copyright (c) ${holder}

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`;
