import { afterAll, describe, expect, it } from 'vitest';
import { Catalogue } from '../../../src/embedded/container/images/catalogue.ts';
import { listImages } from '../../../src/embedded/container/images/list.ts';
import { Images } from '../../../src/embedded/node/containers/images.ts';
import { ManualClock } from '../../../src/kernel/clock.ts';
import { testRuntime } from './helpers.ts';

describe('the catalogue', () => {
  const catalogue = new Catalogue();

  it('has the usual images in their usual versions', () => {
    for (const reference of [
      ...['busybox', 'busybox:1.28', 'alpine:3.20', 'nginx:1.14.2', 'nginx:1.27-alpine', 'httpd:2.4', 'redis:7-alpine'],
      ...['ubuntu:22.04', 'debian:bookworm-slim', 'curlimages/curl:8.10.1', 'bitnami/kubectl:1.34', 'polinux/stress'],
      ...['registry.k8s.io/kubectl:v1.35.4', 'registry.k8s.io/coredns/coredns:v1.13.1', 'registry.k8s.io/etcd:3.6.6-0'],
    ]) {
      expect(catalogue.find(reference), reference).toBeDefined();
    }
  });

  it('has nothing else', () => {
    for (const reference of [
      'nginx:1.27.99',
      'nginx:9.99',
      'nginx:no-such-tag',
      'ngnix',
      'example.com/nginx',
      'busybox:0.1',
    ]) {
      expect(catalogue.find(reference), reference).toBeUndefined();
    }
  });

  it('knows a digest once its tag was asked for', () => {
    const found = catalogue.find('nginx:1.27');
    expect(catalogue.find(`nginx@${found?.digest}`)?.name).toBe('docker.io/library/nginx:1.27');
    expect(catalogue.find(`nginx:1.28@${found?.digest}`)).toBeUndefined();
  });

  it('takes images of packs, and names what is wrong with them', () => {
    catalogue.add([{ name: 'example.com/shop/cart', tags: ['v1'], base: 'alpine', env: { A: '1' } }]);
    expect(catalogue.find('example.com/shop/cart:v1')?.image.env).toMatchObject({ A: '1' });
    expect(catalogue.find('example.com/shop/cart:v2')).toBeUndefined();
    expect(() => catalogue.add([{ name: 'Not An Image' }])).toThrow('"Not An Image" is not the name of an image');
  });
});

describe('tags', () => {
  const catalogue = new Catalogue();
  const versionOf = (reference: string) => catalogue.find(reference)?.image.version;

  it('mean the newest release of what they name, in the build that they end with', () => {
    expect(versionOf('nginx:1.29')).toMatch(/^1\.29\.\d+$/);
    expect(versionOf('nginx')).toBe(versionOf('nginx:1'));
    expect(versionOf('nginx:stable-alpine')).toBe(versionOf('nginx:stable'));
    expect(versionOf('nginx:alpine')).toBe(versionOf('nginx:latest'));
    expect(versionOf('postgres:16')).toMatch(/^16\.\d+$/);
    expect(versionOf('postgres:16.2')).toBe('16.2');
    expect(catalogue.find('python:3.12-slim-bookworm')?.image.system.title).toBe('Debian GNU/Linux 12 (bookworm)');
    expect(catalogue.find('redis:7-alpine3.21')?.image.system.family).toBe('alpine');
    expect(catalogue.find('registry.k8s.io/kubectl:v1.35.4')?.image.versions).toEqual({ kubectl: '1.35.4' });
  });

  it('are there only where the registry has them', () => {
    for (const reference of [
      ...[
        'nginx:1.29.99',
        'nginx:1.29.03',
        'nginx:1.14-otel-alpine',
        'redis:3.9',
        'postgres:99',
        'postgres:16.2.1',
        'mysql:8.0-alpine',
      ],
      ...[
        'alpine:3.99',
        'ubuntu:24.05',
        'debian:warty',
        'busybox:1.99',
        'python:2.99',
        'httpd:2.4.999',
        'registry.k8s.io/kubectl:1.35.4',
      ],
      ...['registry.k8s.io/kubectl', 'node:22', 'golang:1.25', 'ruby', 'php', 'openjdk:21'],
    ]) {
      expect(catalogue.find(reference), reference).toBeUndefined();
    }
  });

  it('that the list names can be pulled', () => {
    for (const { name, tags, builds } of listImages()) {
      expect(builds.length, name).toBeGreaterThan(0);
      for (const tag of [
        ...tags.versions.flatMap((v) => v.split(' to ')),
        ...tags.names,
        ...builds.map((b) => b.tag),
      ]) {
        // Of images whose programs are the same in every release.
        if (tag === 'any version') continue;
        expect(catalogue.find(`${name}:${tag}`), `${name}:${tag}`).toBeDefined();
      }
    }
  });
});

describe('what a tag says', () => {
  const { sh, runtime } = testRuntime();
  afterAll(() => runtime.dispose());
  it.each([
    ['nginx:1.29', 'nginx -v 2>&1', /^nginx version: nginx\/1\.29\.\d+\n$/],
    [
      'nginx:1.25.3-alpine',
      'nginx -v 2>&1; . /etc/os-release; echo $ID $VERSION_ID',
      /^nginx version: nginx\/1\.25\.3\nalpine 3\.19\.\d+\n$/,
    ],
    [
      'nginx:1.29',
      'which wget busybox apk; which curl bash apt-get; . /etc/os-release; echo $VERSION_CODENAME',
      /^\/usr\/bin\/curl\n\/usr\/bin\/bash\n\/usr\/bin\/apt-get\ntrixie\n$/,
    ],
    [
      'nginx:1.29-alpine',
      'which bash apt-get; which wget curl apk',
      /^\/usr\/bin\/wget\n\/usr\/bin\/curl\n\/sbin\/apk\n$/,
    ],
    ['nginx:1.14.2', 'which curl; nginx -v 2>&1; cat /etc/debian_version', /^nginx version: nginx\/1\.14\.2\n9\.13\n$/],
    ['redis:7.2', 'redis-server --version', /^Redis server v=7\.2\.\d+ /],
    [
      'postgres:15-alpine',
      'postgres --version; psql --version; . /etc/os-release; echo $ID',
      /^postgres \(PostgreSQL\) (15\.\d+)\npsql \(PostgreSQL\) \1\nalpine\n$/,
    ],
    ['mysql:8.0', 'mysqld --version; . /etc/os-release; echo $ID; which apt-get', /Ver 8\.0\.\d+ [\s\S]*\nol\n$/],
    ['httpd:2.4-alpine', 'httpd -v; which wget', /^Server version: Apache\/2\.4\.\d+ \(Unix\)\n\/usr\/bin\/wget\n$/],
    [
      'python:3.11-slim',
      'python3 --version; which curl; which python3.11',
      /^Python 3\.11\.\d+\n\/usr\/local\/bin\/python3\.11\n$/,
    ],
    ['busybox:1.35', 'busybox | head -1; which apk', /^BusyBox v1\.35\.0 /],
    [
      'alpine:3.19',
      'cat /etc/alpine-release; busybox | head -1; apk --version',
      /^3\.19\.\d+\nBusyBox v1\.36\.1 .*\napk-tools 2\.14\.\d/,
    ],
    [
      'debian:bookworm-slim',
      'bash --version; apt-get --version; cat /etc/debian_version',
      /version 5\.2\.15[\s\S]*apt 2\.6\.1 [\s\S]*\n12\.\d+\n$/,
    ],
    ['ubuntu:22.04', '. /etc/os-release; echo $PRETTY_NAME $VERSION_CODENAME', /^Ubuntu 22\.04\.5 LTS jammy\n$/],
    ['curlimages/curl:8.10.1', 'curl --version', /^curl 8\.10\.1 /],
    ['bitnami/kubectl:1.33', 'kubectl version --client', /^Client Version: v1\.33\.\d+\n/],
    [
      'alpine:3.22',
      'apk add curl 2>&1; echo $?',
      /temporary error \(try again later\)[\s\S]*curl \(no such package\)[\s\S]*\n1\n$/,
    ],
    [
      'debian:12',
      'apt-get update 2>&1; apt-get install -y curl 2>&1; echo $?',
      /Temporary failure resolving 'deb\.debian\.org'[\s\S]*E: Unable to locate package curl\n100\n$/,
    ],
  ])('%s: %s', async (image, script, wanted) => {
    expect((await sh(script, { image })).out).toMatch(wanted);
  });

  it('is told of by an event only where the cluster was given words for it', () => {
    const events = (hint?: string) => {
      const told: string[] = [];
      const images = new Images(runtime, new ManualClock(), hint);
      const pull = () => images.ensure('uid', { name: 'c', image: 'nginx:1.99' }, (_, reason) => told.push(reason));
      expect(pull).toThrow('docker.io/library/nginx:1.99: not found');
      return told;
    };
    expect(events()).toEqual(['Pulling', 'Failed']);
    expect(events('see the list')).toEqual(['Pulling', 'Failed', 'UnknownImage']);
  });
});
