/** Web servers and stores: long-running programs that listen. */
import { builds } from './builds.ts';
import { layOut, pathEnv } from './layouts.ts';
import { nginxImages } from './nginx.ts';
import { noSystem } from './systems.ts';
import { releases } from './tags.ts';
import type { ImageFamily } from './types.ts';

const MEBIBYTE = 1024 ** 2;

const httpdBuilds = builds([['2.4.65', 'trixie', 'bookworm', '3.22']]);
const redisBuilds = builds([
  ['8.2.2', 'bookworm', '3.22'],
  ['8.0.4', 'bookworm', '3.21'],
  ['7.4.6', 'bookworm', '3.21'],
  ['7.2.11', 'bookworm', '3.21'],
  ['7.0.15', 'bookworm', '3.20'],
  ['6.2.20', 'bookworm', '3.21'],
  ['6.0.20', 'bullseye', '3.18'],
  ['5.0.14', 'bullseye', '3.15'],
]);
const memcachedBuilds = builds([
  ['1.6.39', 'trixie', 'bookworm', '3.22'],
  ['1.5.22', 'buster', '3.11'],
]);

export const servers: readonly ImageFamily[] = [
  ...nginxImages,
  {
    repository: 'docker.io/library/httpd',
    about: 'web server: Apache with its files, port and document root',
    tags: httpdBuilds.tags,
    content: (release) => ({
      ...{ system: httpdBuilds.system(release), needs: { memoryBytes: 5 * MEBIBYTE }, sizeBytes: 45_345_405 },
      cmd: ['httpd-foreground'],
      env: {
        ...pathEnv,
        ...{ PATH: `/usr/local/apache2/bin:${pathEnv.PATH}`, HTTPD_PREFIX: '/usr/local/apache2' },
        HTTPD_VERSION: release.version,
      },
      workingDir: '/usr/local/apache2',
      files: (tree) => {
        layOut(tree, httpdBuilds.system(release));
        tree.program('/usr/local/apache2/bin/httpd', 'apache-httpd');
        tree.file('/usr/local/apache2/htdocs/index.html', '<html><body><h1>It works!</h1></body></html>\n');
        tree.file(
          '/usr/local/apache2/conf/httpd.conf',
          'ServerRoot "/usr/local/apache2"\nListen 80\nServerAdmin you@example.com\nDocumentRoot "/usr/local/apache2/htdocs"\n',
        );
        tree.dir('/usr/local/apache2/logs');
        tree.file(
          '/usr/local/bin/httpd-foreground',
          '#!/bin/sh\nset -e\nrm -f /usr/local/apache2/logs/httpd.pid\nexec httpd -DFOREGROUND "$@"\n',
          0o755,
        );
      },
    }),
  },
  {
    repository: 'docker.io/library/redis',
    about: 'store: redis-server and redis-cli',
    tags: redisBuilds.tags,
    content: (release) => ({
      ...{ system: redisBuilds.system(release), needs: { memoryBytes: 3 * MEBIBYTE }, sizeBytes: 37_809_537 },
      ...{ entrypoint: ['docker-entrypoint.sh'], cmd: ['redis-server'], workingDir: '/data' },
      env: { ...pathEnv, REDIS_VERSION: release.version },
      files: (tree) => {
        layOut(tree, redisBuilds.system(release), [{ name: 'redis', uid: 999, home: '/home/redis' }]);
        tree.programs('/usr/local/bin', ['redis-server', 'redis-cli']);
        tree.dir('/data', 0o755, 999);
        tree.file(
          '/usr/local/bin/docker-entrypoint.sh',
          '#!/bin/sh\nset -e\ncase "$1" in -*|*.conf) set -- redis-server "$@" ;; esac\nexec "$@"\n',
          0o755,
        );
      },
    }),
  },
  {
    repository: 'docker.io/hashicorp/http-echo',
    about: 'web server: answers with one text',
    tags: releases({ lines: ['1.0.0', '0.2.3', '0.1.0'] }),
    content: () => ({
      ...{ system: noSystem, sizeBytes: 3_200_000, entrypoint: ['/http-echo'], env: pathEnv },
      files: (tree) => {
        layOut(tree, noSystem);
        tree.program('/http-echo', 'http-echo');
      },
    }),
  },
  {
    repository: 'docker.io/library/memcached',
    about: 'listens on 11211, keeps nothing',
    tags: memcachedBuilds.tags,
    content: (release) => ({
      ...{ system: memcachedBuilds.system(release), needs: { memoryBytes: MEBIBYTE }, sizeBytes: 31_000_000 },
      ...{ cmd: ['memcached'], env: pathEnv, user: 11211 },
      files: (tree) => {
        layOut(tree, memcachedBuilds.system(release), [{ name: 'memcache', uid: 11211 }]);
        tree.program('/usr/local/bin/memcached', 'service');
      },
      service: {
        ports: [{ port: 11211, protocol: 'tcp', routes: { '/': { body: '' } } }],
      },
    }),
  },
];
