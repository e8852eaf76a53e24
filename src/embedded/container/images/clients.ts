/** Images whose purpose is one client: kubectl, curl, DNS tools, stress. */

import { layOut, pathEnv } from './layouts.ts';
import { busyboxSystem, noSystem, systemOf } from './systems.ts';
import { pattern, releases } from './tags.ts';
import type { ImageFamily } from './types.ts';

interface StressImage {
  repository: string;
  tags: { regex: RegExp; shown: readonly string[] };
  base: 'alpine' | 'debian' | 'scratch';
  sizeBytes: number;
  path: string;
  program: string;
  entrypoint?: readonly string[];
  cmd?: readonly string[];
}

const onlyLatest = { regex: /^latest$/, shown: ['latest'] };

const stressTable: readonly StressImage[] = [
  {
    ...{ repository: 'docker.io/polinux/stress', tags: { regex: /^(latest|1\.0\.4)$/, shown: ['latest', '1.0.4'] } },
    ...{ base: 'alpine', sizeBytes: 4_041_495, path: '/usr/local/bin/stress', program: 'stress' },
    cmd: ['/usr/local/bin/stress'],
  },
  {
    ...{ repository: 'docker.io/progrium/stress', tags: onlyLatest, base: 'debian', sizeBytes: 97_800_000 },
    ...{ path: '/usr/bin/stress', program: 'stress', entrypoint: ['/usr/bin/stress', '--verbose'] },
  },
  {
    ...{ repository: 'docker.io/vish/stress', tags: onlyLatest, base: 'scratch', sizeBytes: 4_000_000 },
    ...{ path: '/stress', program: 'memory-stress', entrypoint: ['/stress', '-logtostderr'] },
  },
  {
    ...{ repository: 'registry.k8s.io/stress', tags: { regex: /^v1$/, shown: ['v1'] }, base: 'scratch' },
    ...{ sizeBytes: 5_494_760, path: '/stress', program: 'memory-stress', entrypoint: ['/stress', '-logtostderr'] },
  },
  {
    repository: 'docker.io/polinux/stress-ng',
    tags: { regex: /^(latest|0\.\d{2}\.\d{2})$/, shown: ['latest', '0.17.08'] },
    ...{ base: 'alpine', sizeBytes: 5_900_000, path: '/usr/bin/stress-ng', program: 'stress-ng' },
    cmd: ['/usr/bin/stress-ng'],
  },
  {
    repository: 'docker.io/alexeiled/stress-ng',
    tags: {
      regex: /^(latest(-ubuntu)?|0\.\d{1,2}\.\d{1,2}(-[a-z0-9]+)?)$/,
      shown: ['latest', 'latest-ubuntu', '0.12.05'],
    },
    ...{ base: 'scratch', sizeBytes: 1_900_000, path: '/stress-ng', program: 'stress-ng' },
    ...{ entrypoint: ['/stress-ng'], cmd: ['--help'] },
  },
];

const stressImages = stressTable.map(
  ({ repository, tags, base, sizeBytes, path, program, entrypoint, cmd }): ImageFamily => ({
    ...{ repository, about: `load on CPU and memory: ${program}`, tags: pattern(tags.regex, tags.shown) },
    content: () => {
      const system = base === 'alpine' ? systemOf('3.20') : base === 'debian' ? systemOf('jessie') : noSystem;
      return {
        ...{ system, sizeBytes, env: pathEnv },
        ...(entrypoint && { entrypoint }),
        ...(cmd && { cmd }),
        files: (tree) => {
          layOut(tree, system);
          tree.program(path, program);
        },
      };
    },
  }),
);

/** The last releases of Kubernetes' lines, newest first. */
const kubernetesLines = [
  ...['1.36.2', '1.35.4', '1.34.7', '1.33.11', '1.32.13', '1.31.14', '1.30.14', '1.29.15', '1.28.15'],
] as const;

const clientTools = ['curl', 'jq', 'openssl', 'ps', 'pgrep', 'pkill', 'free', 'uptime', 'top', 'watch'];

export const clients: readonly ImageFamily[] = [
  {
    repository: 'registry.k8s.io/kubectl',
    about: 'kubectl with a shell',
    tags: releases({ lines: kubernetesLines, prefix: 'v', exact: true, noLatest: true }),
    content: ({ version }) => ({
      ...{ system: busyboxSystem('1.36.1'), sizeBytes: 62_498_333, entrypoint: ['/bin/kubectl'], env: pathEnv },
      versions: { kubectl: version },
      files: (tree) => {
        layOut(tree, busyboxSystem('1.36.1'));
        tree.program('/bin/kubectl', 'kubectl');
      },
    }),
  },
  ...(['docker.io/bitnami/kubectl', 'docker.io/bitnamilegacy/kubectl'] as const).map(
    (repository): ImageFamily => ({
      repository,
      about: 'kubectl with bash, curl and jq, as user 1001',
      tags: releases({
        lines: [...kubernetesLines, '1.27.16', '1.26.15', '1.25.16', '1.24.17'],
        names: { latest: '1.35.4' },
      }),
      content: ({ version }) => ({
        ...{
          system: systemOf('bookworm'),
          sizeBytes: 62_498_333,
          entrypoint: ['kubectl'],
          cmd: ['--help'],
          user: 1001,
        },
        env: {
          ...pathEnv,
          PATH: `/opt/bitnami/kubectl/bin:${pathEnv.PATH}`,
          BITNAMI_APP_NAME: 'kubectl',
          APP_VERSION: version,
        },
        versions: { kubectl: version },
        files: (tree) => {
          layOut(tree, systemOf('bookworm'));
          tree.programs('/usr/bin', clientTools);
          tree.program('/opt/bitnami/kubectl/bin/kubectl', 'kubectl');
          tree.dir('/.kube', 0o777);
        },
      }),
    }),
  ),
  {
    repository: 'docker.io/alpine/k8s',
    about: 'kubectl with bash, curl, jq and openssl on Alpine',
    tags: releases({ lines: [...kubernetesLines, '1.27.16', '1.26.15', '1.25.16'], exact: true, noLatest: true }),
    content: ({ version }) => ({
      ...{ system: systemOf('3.22'), sizeBytes: 241_172_480, cmd: ['bash'], env: pathEnv, workingDir: '/apps' },
      versions: { kubectl: version },
      files: (tree) => {
        layOut(tree, systemOf('3.22'));
        tree.programs('/usr/bin', ['kubectl', 'curl', 'jq', 'openssl']).program('/bin/bash', 'bash');
        tree.dir('/apps');
      },
    }),
  },
  {
    repository: 'docker.io/curlimages/curl',
    about: 'curl on Alpine, as user 100',
    tags: pattern(/^(latest|7\.(6\d|7\d|8[0-8])\.\d|8\.(\d|1[0-7])\.\d)$/, ['latest', '7.60.0 to 8.17.0']),
    content: ({ version: given }) => {
      const version = given || '8.17.0';
      return {
        ...{ system: systemOf('3.22'), sizeBytes: 21_996_026, entrypoint: ['/entrypoint.sh'], cmd: ['curl'] },
        env: { ...pathEnv, CURL_CA_BUNDLE: '/cacert.pem' },
        ...{ user: 100, group: 101, workingDir: '/home/curl_user', versions: { curl: version } },
        files: (tree) => {
          layOut(tree, systemOf('3.22'), [
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
      };
    },
  },
  {
    repository: 'registry.k8s.io/e2e-test-images/agnhost',
    about: "Kubernetes' own test server and client: netexec, pause, connect, dns-suffix",
    tags: pattern(/^2\.([1-4]\d|50|5[1-9])(\.\d)?$/, ['2.10 to 2.59']),
    content: () => ({
      ...{ system: systemOf('3.19'), sizeBytes: 51_000_000, entrypoint: ['/agnhost'], cmd: ['pause'], env: pathEnv },
      files: (tree) => {
        layOut(tree, systemOf('3.19'));
        tree.program('/agnhost', 'agnhost').programs('/usr/bin', ['curl', 'dig']);
      },
    }),
  },
  {
    repository: 'registry.k8s.io/e2e-test-images/jessie-dnsutils',
    about: 'nslookup, dig, ping, nc and curl',
    tags: pattern(/^1\.[0-9]$/, ['1.0 to 1.9']),
    content: () => ({
      ...{ system: systemOf('jessie'), sizeBytes: 112_000_000, cmd: ['sleep', 'infinity'], env: pathEnv },
      files: (tree) => {
        layOut(tree, systemOf('jessie'));
        tree.programs('/usr/bin', ['nslookup', 'dig', 'ping', 'nc', 'wget', 'curl', 'ps']);
      },
    }),
  },
  ...(
    ['docker.io/nicolaka/netshoot', 'docker.io/praqma/network-multitool', 'docker.io/wbitt/network-multitool'] as const
  ).map(
    (repository): ImageFamily => ({
      repository,
      about: 'network tools: curl, dig, nslookup, nc, ping, ss, openssl, jq',
      tags: pattern(/^(latest|alpine|minimal|extra|v0\.\d{1,2})$/, [
        'latest',
        'alpine',
        'minimal',
        'extra',
        'v0.1 to v0.14',
      ]),
      content: () => ({
        ...{ system: systemOf('3.22'), sizeBytes: 180_000_000, cmd: ['/bin/bash'], env: pathEnv },
        files: (tree) => {
          layOut(tree, systemOf('3.22'));
          tree.programs('/usr/bin', ['curl', 'dig', 'jq', 'openssl', 'ss']).program('/bin/bash', 'bash');
        },
      }),
    }),
  ),
  {
    repository: 'docker.io/alpine/openssl',
    about: 'openssl on Alpine',
    tags: releases({ lines: ['3.5.4', '3.3.5', '3.1.8'] }),
    content: ({ version }) => ({
      ...{ system: systemOf('3.22'), sizeBytes: 4_600_000, entrypoint: ['openssl'], env: pathEnv },
      versions: { openssl: version },
      files: (tree) => {
        layOut(tree, systemOf('3.22'));
        tree.program('/usr/bin/openssl', 'openssl');
      },
    }),
  },
  ...stressImages,
];
