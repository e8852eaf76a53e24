import { describe, expect, it } from 'vitest';
import { Catalogue } from '../../src/embedded/container/images/catalogue.ts';

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
