/** Images whose purpose is one client: kubectl, curl, DNS tools, stress. */
import { alpineLayout, busyboxLayout, debianLayout, distrolessLayout, pathEnv } from './layouts.ts';
import type { Image } from './types.ts';

const bookworm = { id: 'debian', name: 'Debian GNU/Linux 12 (bookworm)', version: '12.9' };

interface StressImage {
  repository: string;
  tags: RegExp;
  base: 'alpine' | 'debian' | 'scratch';
  sizeBytes: number;
  path: string;
  program: string;
  entrypoint?: readonly string[];
  cmd?: readonly string[];
}

const stressImages: readonly Image[] = (
  [
    {
      ...{ repository: 'docker.io/polinux/stress', tags: /^(latest|1\.0\.4)$/, base: 'alpine', sizeBytes: 4_041_495 },
      ...{ path: '/usr/local/bin/stress', program: 'stress', cmd: ['/usr/local/bin/stress'] },
    },
    {
      ...{ repository: 'docker.io/progrium/stress', tags: /^latest$/, base: 'debian', sizeBytes: 97_800_000 },
      ...{ path: '/usr/bin/stress', program: 'stress', entrypoint: ['/usr/bin/stress', '--verbose'] },
    },
    {
      ...{ repository: 'docker.io/vish/stress', tags: /^latest$/, base: 'scratch', sizeBytes: 4_000_000 },
      ...{ path: '/stress', program: 'memory-stress', entrypoint: ['/stress', '-logtostderr'] },
    },
    {
      ...{ repository: 'registry.k8s.io/stress', tags: /^v1$/, base: 'scratch', sizeBytes: 5_494_760 },
      ...{ path: '/stress', program: 'memory-stress', entrypoint: ['/stress', '-logtostderr'] },
    },
    {
      ...{
        repository: 'docker.io/polinux/stress-ng',
        tags: /^(latest|0\.\d{2}\.\d{2})$/,
        base: 'alpine',
        sizeBytes: 5_900_000,
      },
      ...{ path: '/usr/bin/stress-ng', program: 'stress-ng', cmd: ['/usr/bin/stress-ng'] },
    },
    {
      ...{
        repository: 'docker.io/alexeiled/stress-ng',
        tags: /^(latest(-ubuntu)?|0\.\d{1,2}\.\d{1,2}(-[a-z0-9]+)?)$/,
        base: 'scratch',
      },
      ...{
        sizeBytes: 1_900_000,
        path: '/stress-ng',
        program: 'stress-ng',
        entrypoint: ['/stress-ng'],
        cmd: ['--help'],
      },
    },
  ] satisfies StressImage[]
).map(
  (one: StressImage): Image => ({
    ...{ repository: one.repository, tags: one.tags, sizeBytes: one.sizeBytes },
    ...{ entrypoint: one.entrypoint, cmd: one.cmd, env: pathEnv },
    flavor: one.base === 'alpine' ? 'busybox' : 'gnu',
    files: (tree) => {
      if (one.base === 'alpine') alpineLayout(tree, '3.20.3');
      else if (one.base === 'debian') debianLayout(tree, bookworm);
      else distrolessLayout(tree);
      tree.program(one.path, one.program);
    },
  }),
);

export const clients: readonly Image[] = [
  {
    repository: 'registry.k8s.io/kubectl',
    tags: /^v1\.(2[8-9]|3[0-6])\.\d{1,2}$/,
    flavor: 'busybox',
    sizeBytes: 62_498_333,
    entrypoint: ['/bin/kubectl'],
    env: pathEnv,
    files: (tree) => {
      busyboxLayout(tree);
      tree.program('/bin/kubectl', 'kubectl');
    },
  },
  ...(['docker.io/bitnami/kubectl', 'docker.io/bitnamilegacy/kubectl'] as const).map(
    (repository): Image => ({
      repository,
      tags: /^(latest|1\.(1\d|2\d|3[0-6])(\.\d{1,2})?(-debian-\d{2}-r\d{1,2})?)$/,
      flavor: 'gnu',
      sizeBytes: 62_498_333,
      entrypoint: ['kubectl'],
      cmd: ['--help'],
      env: { ...pathEnv, PATH: `/opt/bitnami/kubectl/bin:${pathEnv.PATH}`, BITNAMI_APP_NAME: 'kubectl' },
      user: 1001,
      files: (tree) => {
        debianLayout(tree, bookworm);
        tree.programs('/usr/bin', ['curl', 'jq', 'openssl', 'ps', 'pgrep', 'pkill', 'free', 'uptime', 'top', 'watch']);
        tree.program('/opt/bitnami/kubectl/bin/kubectl', 'kubectl');
        tree.dir('/.kube', 0o777);
      },
    }),
  ),
  {
    repository: 'docker.io/alpine/k8s',
    tags: /^1\.(2\d|3[0-6])\.\d{1,2}$/,
    flavor: 'busybox',
    sizeBytes: 241_172_480,
    cmd: ['bash'],
    env: pathEnv,
    workingDir: '/apps',
    files: (tree) => {
      alpineLayout(tree, '3.20.3');
      tree.programs('/usr/bin', ['kubectl', 'curl', 'jq', 'openssl']).program('/bin/bash', 'bash');
      tree.dir('/apps');
    },
  },
  {
    repository: 'docker.io/curlimages/curl',
    tags: /^(latest|7\.\d{2}\.\d|8\.\d{1,2}\.\d)$/,
    flavor: 'busybox',
    sizeBytes: 21_996_026,
    entrypoint: ['/entrypoint.sh'],
    cmd: ['curl'],
    env: { ...pathEnv, CURL_CA_BUNDLE: '/cacert.pem' },
    user: 100,
    group: 101,
    workingDir: '/home/curl_user',
    files: (tree) => {
      alpineLayout(tree, '3.20.3', [
        { name: 'curl_user', uid: 100, gid: 101, home: '/home/curl_user', shell: '/bin/sh' },
      ]);
      tree.program('/usr/bin/curl', 'curl');
      tree.file('/cacert.pem', '');
      tree.dir('/home/curl_user', 0o755, 100, 101);
      tree.file(
        '/entrypoint.sh',
        // biome-ignore lint/suspicious/noTemplateCurlyInString: a shell script
        '#!/bin/sh\nset -e\nif [ "${1#-}" != "${1}" ] || [ -z "$(command -v "${1}")" ]; then\n  set -- curl "$@"\nfi\nexec "$@"\n',
        0o755,
      );
    },
  },
  {
    repository: 'registry.k8s.io/e2e-test-images/agnhost',
    tags: /^2\.\d{1,2}(\.\d)?$/,
    flavor: 'busybox',
    sizeBytes: 51_000_000,
    entrypoint: ['/agnhost'],
    cmd: ['pause'],
    env: pathEnv,
    files: (tree) => {
      alpineLayout(tree, '3.20.3');
      tree.program('/agnhost', 'agnhost').programs('/usr/bin', ['curl', 'dig']);
    },
  },
  {
    repository: 'registry.k8s.io/e2e-test-images/jessie-dnsutils',
    tags: /^1\.[0-9]$/,
    flavor: 'gnu',
    sizeBytes: 112_000_000,
    cmd: ['sleep', 'infinity'],
    env: pathEnv,
    files: (tree) => {
      debianLayout(tree, bookworm);
      tree.programs('/usr/bin', ['nslookup', 'dig', 'ping', 'nc', 'wget', 'curl', 'ps']);
    },
  },
  ...(
    ['docker.io/nicolaka/netshoot', 'docker.io/praqma/network-multitool', 'docker.io/wbitt/network-multitool'] as const
  ).map(
    (repository): Image => ({
      repository,
      tags: /^(latest|alpine|minimal|extra|v0\.\d{1,2})$/,
      flavor: 'busybox',
      sizeBytes: 180_000_000,
      cmd: ['/bin/bash'],
      env: pathEnv,
      files: (tree) => {
        alpineLayout(tree, '3.20.3');
        tree.programs('/usr/bin', ['curl', 'dig', 'jq', 'openssl', 'ss']).program('/bin/bash', 'bash');
      },
    }),
  ),
  {
    repository: 'docker.io/alpine/openssl',
    tags: /^(latest|3\.[0-5]\.\d{1,2})$/,
    flavor: 'busybox',
    sizeBytes: 4_600_000,
    entrypoint: ['openssl'],
    env: pathEnv,
    files: (tree) => {
      alpineLayout(tree, '3.20.3');
      tree.program('/usr/bin/openssl', 'openssl');
    },
  },
  ...stressImages,
];
