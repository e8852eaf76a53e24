import { alpineLayout, busyboxLayout, debianLayout, pathEnv } from './layouts.ts';
import type { Image } from './types.ts';

const bookworm = { id: 'debian', name: 'Debian GNU/Linux 12 (bookworm)', version: '12.9' };
const noble = { id: 'ubuntu', name: 'Ubuntu 24.04.1 LTS', version: '24.04' };

export const baseSystems: readonly Image[] = [
  {
    repository: 'docker.io/library/busybox',
    tags: /^(latest|stable|unstable|((stable|unstable|1\.(2[0-9]|3[0-7])(\.\d)?)-)?(musl|glibc|uclibc)|1|1\.(2[0-9]|3[0-7])(\.\d)?)$/,
    flavor: 'busybox',
    sizeBytes: 3_340_292,
    cmd: ['sh'],
    env: pathEnv,
    files: busyboxLayout,
  },
  {
    repository: 'docker.io/library/alpine',
    tags: /^(latest|edge|3|3\.([3-9]|1\d|2[0-3])(\.\d{1,2})?)$/,
    flavor: 'busybox',
    sizeBytes: 3_644_514,
    cmd: ['/bin/sh'],
    env: pathEnv,
    files: (tree) => alpineLayout(tree, '3.20.3'),
  },
  {
    repository: 'docker.io/library/debian',
    tags: /^(latest|((stable|testing|unstable|sid|oldstable|buster|bullseye|bookworm|trixie|1[0-3](\.\d{1,2})?)(-slim)?))$/,
    flavor: 'gnu',
    sizeBytes: 48_494_104,
    cmd: ['bash'],
    env: pathEnv,
    files: (tree) => debianLayout(tree, bookworm),
  },
  {
    repository: 'docker.io/library/ubuntu',
    tags: /^(latest|rolling|devel|bionic|focal|jammy|noble|plucky|(16|18|20|22|24|25)\.(04|10))$/,
    flavor: 'gnu',
    sizeBytes: 29_754_290,
    cmd: ['/bin/bash'],
    env: pathEnv,
    files: (tree) => debianLayout(tree, noble),
  },
  {
    repository: 'docker.io/library/bash',
    tags: /^(latest|[45](\.\d)?(\.\d{1,2})?(-alpine3\.\d{2})?)$/,
    flavor: 'busybox',
    sizeBytes: 6_120_004,
    entrypoint: ['docker-entrypoint.sh'],
    cmd: ['bash'],
    env: { ...pathEnv, _BASH_VERSION: '5.2.37' },
    files: (tree) => {
      alpineLayout(tree, '3.20.3');
      tree.program('/usr/local/bin/bash', 'bash');
      tree.file('/usr/local/bin/docker-entrypoint.sh', '#!/usr/local/bin/bash\nexec "$@"\n', 0o755);
    },
  },
];
