/** OpenSSL's configuration files: sections of `name = value`. */
import type { Extension } from './certificate.ts';
import { parseExtension } from './issue.ts';

export class Config {
  readonly #sections = new Map<string, [name: string, value: string][]>([['default', []]]);

  constructor(text: string) {
    let current = 'default';
    for (const line of text.replace(/\\\n/g, '').split('\n')) {
      const clean = line.replace(/(^|\s)#.*/, '').trim();
      const section = /^\[\s*([^\]\s]+)\s*\]$/.exec(clean)?.[1];
      if (section !== undefined) {
        current = section;
        if (!this.#sections.has(current)) this.#sections.set(current, []);
        continue;
      }
      const at = clean.indexOf('=');
      if (at > 0) this.#sections.get(current)?.push([clean.slice(0, at).trim(), clean.slice(at + 1).trim()]);
    }
  }

  section(name: string): readonly [name: string, value: string][] {
    return this.#sections.get(name) ?? [];
  }

  has(name: string): boolean {
    return this.#sections.has(name);
  }

  get(section: string, name: string): string | undefined {
    return this.section(section).find(([own]) => own === name)?.[1];
  }

  /** The extensions of a section. Throws IssueError. */
  extensions(section: string): Extension[] {
    const names = (other: string) => this.section(other).map(([kind, value]) => `${kind}:${value}`);
    return this.section(section).flatMap(([name, value]) => parseExtension(name, value, names) ?? []);
  }
}
