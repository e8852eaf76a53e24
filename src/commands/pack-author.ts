import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import type { Finding } from '../authoring/lint-types.ts';
import { exitCodes } from '../kernel/errors.ts';
import { paintFor } from '../present/text.ts';
import { printable, printableLine } from '../present/width.ts';
import type { CommandContext } from './command.ts';
import { addNewCommand } from './pack-new.ts';
import type { Target } from './pack-watch.ts';

interface LintFlags {
  scenario?: string;
  strict?: boolean;
  watch?: boolean;
  json?: boolean;
}

/** What authors of packs use beside `pack verify`: new, lint, schema, docs. Loaded late, as authors are few. */
export function addAuthorCommands(pack: Command, context: CommandContext): void {
  const { services, print, json, exit } = context;
  pack
    .command('lint')
    .description('look through packs without running them; exit code 0 only without errors')
    .argument('[pack]', 'a built-in pack, a folder, or an installed pack (default: all built-in packs)')
    .option('--scenario <ids>', 'only this one, or these, as in who-am-i,who-can')
    .option('--strict', 'warnings count as errors')
    .option('--json', 'print one JSON document')
    .addOption(watchOption('json'))
    .action(async (name: string | undefined, options: LintFlags) => {
      const { lintPack } = await import('../authoring/lint.ts');
      const knowsImage = await services.knowsImage();
      const catalog = await services.catalog();
      const look = (targets: readonly Target[]) => {
        const packs = targets.map(({ folder, scenario }) => ({
          folder,
          findings: lintPack(folder, { knowsImage, ...(scenario ? { scenario } : {}) }),
        }));
        const all = packs.flatMap((p) => p.findings);
        const ok = !all.some((f) => f.severity === 'error' || options.strict);
        exit(ok ? exitCodes.ok : exitCodes.notSolved);
        if (options.json) return json({ ok, packs });
        const paint = paintFor(services.stdout);
        for (const { folder, findings } of packs) for (const f of findings) print(findingText(folder, f, paint));
        const count = (severity: string) => all.filter((f) => f.severity === severity).length;
        print(
          all.length === 0 ? 'nothing to find fault with' : `${count('error')} errors, ${count('warning')} warnings`,
        );
      };
      const folders = name === undefined ? catalog.packFolders() : [catalog.folderNamed(name)];
      const only = options.scenario?.split(',');
      if (options.watch) {
        const { watching } = await import('./pack-watch.ts');
        return watching(context, folders, only, async (target, round) => {
          // Who looks through a pack looks at its scenarios.
          const within = target.scenario && round.some((t) => t.pack && !t.scenario && t.folder === target.folder);
          if (!within) look([target]);
        });
      }
      look(folders.flatMap((folder) => only?.map((scenario) => ({ folder, scenario })) ?? [{ folder }]));
    });
  pack
    .command('schema')
    .description('print the JSON Schema of scenario.yaml or pack.yaml, for editors')
    .argument('[file]', 'scenario or pack', 'scenario')
    .action(async (file: string) => {
      const { jsonSchemaOf, publishedSchema } = await import('../authoring/json-schema.ts');
      print(JSON.stringify(jsonSchemaOf(publishedSchema(file)), null, 2));
    });
  addNewCommand(pack, context);
  pack
    .command('docs')
    .description('a Markdown page for each scenario of a pack, without its solutions')
    .argument('<pack>', 'a built-in pack, a folder, or an installed pack')
    .addOption(new Option('-o, --output <folder>', 'write the pages there (default: print them)'))
    .action(async (name: string, options: { output?: string }) => {
      const { packDocs } = await import('../authoring/docs.ts');
      const pages = packDocs((await services.catalog()).pack(name));
      if (!options.output) return print([...pages.values()].join('\n---\n\n').trimEnd());
      mkdirSync(options.output, { recursive: true });
      for (const [file, text] of pages) {
        writeFileSync(join(options.output, file), text);
        print(join(options.output, file));
      }
    });
}

/** For commands that look at packs: again whenever something changes. */
export function watchOption(...conflicts: string[]): Option {
  return new Option('--watch', 'again whenever a file changes, what changed only; Ctrl-C ends it').conflicts(conflicts);
}

/** A finding with its place, the file below `folder`. */
export function findingText(folder: string, f: Finding, paint: ReturnType<typeof paintFor>): string {
  const mark = f.severity === 'error' ? paint('red', '✘') : paint('yellow', '!');
  return `${mark} ${printableLine(join(folder, f.file))}:${f.line}:${f.column}: ${printable(f.message)} ${paint('dim', `(${f.rule})`)}`;
}
