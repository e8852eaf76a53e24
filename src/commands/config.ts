import { existsSync, realpathSync, statSync } from 'node:fs';
import { Command } from 'commander';
import { UserError } from '../kernel/errors.ts';
import { replaceFile } from '../kernel/files.ts';
import { didYouMean } from '../kernel/nearest.ts';
import { ownValue } from '../kernel/own.ts';
import { tableText } from '../present/text.ts';
import { coachLevels } from '../session/coach-level.ts';
import { defaultSettings, motions, type Settings, settingsFile, themeNames } from '../session/settings.ts';
import { defaultKeys } from '../tui/key-map.ts';
import type { CommandFactory } from './command.ts';

/** One key of the file, as it is named on the command line. */
interface Setting {
  about: string;
  path: readonly string[];
  /** Whether its value is a number. */
  number?: true;
  /** What it may be; missing: more than can be listed. */
  values?: readonly string[];
  of(settings: Settings): string | number | undefined;
}

/** All keys, in the order of the list. */
export const settingTable: Readonly<Record<string, Setting>> = {
  coach: {
    about: 'what each check of a new lab says without being asked',
    path: ['coach'],
    number: true,
    values: coachLevels.map(String),
    of: (settings) => settings.coach,
  },
  theme: {
    about: 'the colours of the app; NO_COLOR wins',
    path: ['theme'],
    values: themeNames,
    of: (settings) => settings.theme,
  },
  shell: {
    about: 'the shell of labs, its whole path (default: $SHELL)',
    path: ['shell'],
    of: (settings) => settings.shell,
  },
  'clock.idle': {
    about: 'minutes without work after which the clock of a lab stands',
    path: ['clock', 'idle'],
    number: true,
    of: (settings) => settings.clock.idle,
  },
  motion: {
    about: 'reduced: nothing on the screen moves each second',
    path: ['motion'],
    values: motions,
    of: (settings) => settings.motion,
  },
  ...Object.fromEntries(
    Object.entries(defaultKeys).map(([command, key]): [string, Setting] => [
      `keys.${command}`,
      {
        about: 'a key of the app',
        path: ['keys', command],
        of: ({ keys }) => ownValue(keys, command) ?? key,
      },
    ]),
  ),
};

export const config: CommandFactory = ({ services, print, json }) => {
  const file = () => settingsFile(services.paths);
  const read = () => services.settings();
  const command = new Command('config').description(
    'what you have chosen once for all: coach, theme, shell, clock, keys',
  );
  command
    .command('list', { isDefault: true })
    .alias('ls')
    .description('list all keys with what holds now')
    .option('--json', 'print one JSON document')
    .action(async (options: { json?: boolean }) => {
      const settings = await read();
      const rows = Object.entries(settingTable).map(([key, { about, of }]) => {
        const [value, byDefault] = [of(settings), of(defaultSettings)];
        return { key, value: value ?? null, default: byDefault ?? null, about };
      });
      if (options.json) return json({ file: file(), settings: rows });
      print(
        tableText([
          ['KEY', 'VALUE', 'DEFAULT', 'WHAT'],
          ...rows.map((row) => [row.key, String(row.value ?? ''), String(row.default ?? ''), row.about]),
        ]),
      );
    });
  command
    .command('get')
    .description('print what holds of a key')
    .argument('<setting>', 'its name, as in kubedrill config list')
    .option('--json', 'print one JSON document')
    .action(async (key: string, options: { json?: boolean }) => {
      const value = settingNamed(key).of(await read()) ?? null;
      if (options.json) return json({ key, value });
      print(String(value ?? ''));
    });
  command
    .command('set')
    .description('choose a value; comments and all else in the file stay')
    .argument('<setting>', 'its name, as in kubedrill config list')
    .argument('<value>', 'what it is to be')
    .action(async (key: string, value: string) => {
      const { path, number } = settingNamed(key);
      await change(file(), key, (document) => document.setIn(path, number && value !== '' ? Number(value) : value));
    });
  command
    .command('unset')
    .description('go back to the default')
    .argument('<setting>', 'its name, as in kubedrill config list')
    .action(async (key: string) => {
      const { path } = settingNamed(key);
      if (existsSync(file()))
        await change(file(), key, (document) => {
          document.deleteIn(path);
          const [group = ''] = path;
          // An empty group would say nothing.
          if (path.length > 1 && Object.keys((document.toJS() as Record<string, object>)[group] ?? {}).length === 0)
            document.delete(group);
        });
    });
  command
    .command('path')
    .description('print where the file is; it need not exist')
    .action(() => print(file()));
  return command;
};

/** What of a document is written to. */
interface Editable {
  setIn(path: readonly string[], value: unknown): void;
  deleteIn(path: readonly string[]): boolean;
  delete(key: string): boolean;
  toJS(): unknown;
}

/** Changes the file, if what becomes of it is right; else nothing is written. */
async function change(file: string, key: string, edit: (document: Editable) => void): Promise<void> {
  // Loaded late: most commands never need them.
  const [{ isMap, parseDocument }, { settingsOf, settingsText }] = await Promise.all([
    import('yaml'),
    import('../tui/settings.ts'),
  ]);
  const before = settingsText(file) ?? '';
  // What is wrong already is named by its place in the file, not blamed on the new value.
  settingsOf(file, before);
  const document = parseDocument(before);
  if (!isMap(document.contents)) document.contents = document.createNode({}) as unknown as typeof document.contents;
  edit(document as unknown as Editable);
  const after =
    isMap(document.contents) && document.contents.items.length === 0 && !document.commentBefore ? '' : String(document);
  try {
    settingsOf(file, after);
  } catch (error) {
    throw refused(key, error);
  }
  const { target, mode } = placeOf(file);
  await replaceFile(target, after, mode);
}

/** A new value that does not fit: where it would have stood in the file tells nobody anything. */
function refused(key: string, error: unknown): unknown {
  if (!(error instanceof UserError)) return error;
  const why = error.text.what.replaceAll(/^.*?:\d+:\d+: /gm, '');
  const values = ownValue(settingTable, key)?.values;
  return new UserError({
    what: `that is no value of ${key}`,
    why,
    next: values ? `use one of: ${values.join(', ')}` : 'kubedrill config list',
  });
}

/** A file that is linked to, as those who keep their settings elsewhere have it, stays one; so do its permissions. */
function placeOf(file: string): { target: string; mode?: number } {
  if (!existsSync(file)) return { target: file };
  const target = realpathSync(file);
  return { target, mode: statSync(target).mode & 0o777 };
}

function settingNamed(key: string): Setting {
  const found = ownValue(settingTable, key);
  if (found) return found;
  throw new UserError({
    what: `there is no key ${key}`,
    ...didYouMean(key, Object.keys(settingTable)),
    next: 'kubedrill config list',
  });
}
