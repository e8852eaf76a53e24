import type { System } from '../kernel/image.ts';
import { builds } from './builds.ts';
import { layOut, pathEnv } from './layouts.ts';
import { alpineSystems, busyboxSystem, debianSystems, systemOf, ubuntuSystems } from './systems.ts';
import { releases, type Tags } from './tags.ts';
import type { ImageContent, ImageFamily } from './types.ts';

function bare(system: System, sizeBytes: number, cmd: string): ImageContent {
  return { system, sizeBytes, cmd: [cmd], env: pathEnv, files: (tree) => layOut(tree, system) };
}

/** Tags that name a system: by code name and by number, Debian's with `-slim` as well. */
function systemTags(
  systems: readonly System[],
  names: Readonly<Record<string, string>>,
  variants: readonly string[],
): Tags {
  const numbers = systems.map((s) => (s.family === 'ubuntu' ? s.version.split('.').slice(0, 2).join('.') : s.version));
  const known = new Map<string, string>([
    ...systems.map((s): [string, string] => [s.name, s.name]),
    ...Object.entries(names),
  ]);
  systems.forEach((s, i) => {
    known.set(numbers[i] ?? '', s.name);
    if (s.family === 'debian') known.set(s.version.split('.')[0] ?? '', s.name);
  });
  return {
    find: (tag) => {
      const variant = variants.find((v) => v !== '' && tag.endsWith(v)) ?? '';
      const version = known.get(variant === '' ? tag : tag.slice(0, -variant.length));
      return version === undefined ? undefined : { version, variant };
    },
    list: {
      versions: numbers,
      names: [...known.keys()].filter((n) => !/^\d/.test(n)),
      variants: variants.filter(Boolean),
    },
  };
}

const bashBuilds = builds([
  ['5.3.3', '3.22'],
  ['5.2.37', '3.22'],
  ['5.1.16', '3.22'],
  ['5.0.18', '3.22'],
  ['4.4.23', '3.22'],
]);

export const baseSystems: readonly ImageFamily[] = [
  {
    repository: 'docker.io/library/busybox',
    about: 'a shell and the tools of busybox',
    tags: releases({
      lines: [
        '1.37.0',
        '1.36.1',
        '1.35.0',
        '1.34.1',
        '1.33.1',
        '1.32.1',
        '1.31.1',
        '1.30.1',
        '1.29.3',
        '1.28.4',
        '1.27.2',
      ],
      names: { stable: '1.37.0', unstable: '1.37.0' },
      variants: () => ['', '-glibc', '-musl', '-uclibc'],
    }),
    content: ({ version }) => bare(busyboxSystem(version), 3_340_292, 'sh'),
  },
  {
    repository: 'docker.io/library/alpine',
    about: 'Alpine Linux: a shell and the tools of busybox',
    tags: releases({ lines: alpineSystems.map((s) => s.version), names: { edge: '3.22.2' } }),
    content: ({ version }) =>
      bare({ ...systemOf(version.split('.').slice(0, 2).join('.')), version }, 3_644_514, '/bin/sh'),
  },
  {
    repository: 'docker.io/library/debian',
    about: 'Debian: bash and the GNU tools',
    tags: systemTags(
      debianSystems.slice(0, 5),
      { latest: 'trixie', stable: 'trixie', oldstable: 'bookworm', oldoldstable: 'bullseye' },
      ['', '-slim'],
    ),
    content: ({ version }) => bare(systemOf(version), 48_494_104, 'bash'),
  },
  {
    repository: 'docker.io/library/ubuntu',
    about: 'Ubuntu: bash and the GNU tools',
    tags: systemTags(ubuntuSystems, { latest: 'noble', rolling: 'questing' }, ['']),
    content: ({ version }) => bare(systemOf(version), 29_754_290, '/bin/bash'),
  },
  {
    repository: 'docker.io/library/bash',
    about: 'bash on Alpine',
    tags: bashBuilds.tags,
    content: (release) => {
      const system = bashBuilds.system(release);
      return {
        ...{ system, sizeBytes: 6_120_004, entrypoint: ['docker-entrypoint.sh'], cmd: ['bash'] },
        env: { ...pathEnv, _BASH_VERSION: release.version },
        versions: { bash: release.version },
        files: (tree) => {
          layOut(tree, system);
          tree.program('/usr/local/bin/bash', 'bash');
          tree.file('/usr/local/bin/docker-entrypoint.sh', '#!/usr/local/bin/bash\nexec "$@"\n', 0o755);
        },
      };
    },
  },
];
