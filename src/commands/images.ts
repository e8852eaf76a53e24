import { Command } from 'commander';
import { UserError } from '../kernel/errors.ts';
import type { CommandFactory } from './command.ts';
import type { ImageInfo } from './services.ts';

/** What people look for in an image, in this order. */
const notable = [
  'kubectl',
  'curl',
  'wget',
  'nc',
  'nslookup',
  'dig',
  'ping',
  'openssl',
  'jq',
  'ps',
  'vi',
  'apk',
  'apt-get',
];

export const images: CommandFactory = ({ services, print, json }) =>
  new Command('images')
    .description('the images that the embedded cluster has, with their tags and what they can')
    .argument('[name]', 'only this image, or those whose names begin so, with all their tags')
    .option('--json', 'print one JSON document')
    .action(async (name: string | undefined, options: { json?: boolean }) => {
      const all = await services.images();
      const wanted = name?.replace(/[:@].*$/, '') ?? '';
      const exact = all.filter((image) => image.name === wanted);
      const chosen = exact.length > 0 ? exact : all.filter((image) => image.name.split('/').at(-1)?.startsWith(wanted));
      if (options.json) return json({ images: chosen });
      if (chosen.length === 0) {
        throw new UserError({
          what: `the embedded cluster has no image ${name}`,
          next: 'kubedrill images lists those it has; a cluster of --provider kind pulls any',
        });
      }
      if (name !== undefined) return print(chosen.map(described).join('\n\n'));
      const { tableText } = await import('../present/text.ts');
      const rows = chosen.map((image) => [image.name, shortTags(image), shells(image), image.about]);
      print(tableText([['IMAGE', 'TAGS', 'SHELL', 'WHAT IT CAN'], ...rows]));
      print(
        '\nkubedrill images <name> shows all tags and tools of one; other images need a cluster of --provider kind.',
      );
    });

/** The newest and the oldest release, and the builds. */
function shortTags({ tags: { versions, names, variants } }: ImageInfo): string {
  const [oldest, newest] = [versions.at(-1)?.split(' to ')[0], versions[0]?.split(' to ').at(-1)];
  const span = oldest === newest ? newest : `${oldest} to ${newest}`;
  const builds = variants.filter((v) => v.split('-').length === 2 && !/\d/.test(v));
  const shown = [
    ...(names.includes('latest') ? ['latest'] : names.slice(0, 1)),
    ...(span === undefined ? [] : [span]),
    ...builds.slice(0, 3),
  ];
  return shown.join(', ');
}

const shells = (image: ImageInfo): string =>
  [...new Set(image.builds.map((b) => b.shell ?? 'none'))].slice(0, 2).join(', ');

function described({ name, about, tags, builds }: ImageInfo): string {
  const lines = [
    `${name}: ${about}`,
    `  tags      ${[...tags.names, ...tags.versions].join(', ')}`,
    ...(builds.length > 1 ? [`  and with  ${tags.variants.filter((v) => !/\d/.test(v)).join(', ')}`] : []),
  ];
  const seen = new Set<string>();
  for (const build of builds) {
    const tools = notable.filter((tool) => build.tools.includes(tool)).join(' ');
    const text = `${build.system}; ${build.shell ?? 'no shell'}${tools === '' ? '' : `; ${tools}`}`;
    if (seen.has(text)) continue;
    seen.add(text);
    lines.push(`  :${build.tag.padEnd(24)} ${text}`);
  }
  return lines.join('\n');
}
