import { describe, expect, it } from 'vitest';
import { parseReference, referenceProblem, referenceText } from '../../src/kube/image-reference.ts';

const digest = `sha256:${'0'.repeat(64)}`;

describe('an image reference', () => {
  it.each([
    ['nginx', 'docker.io/library/nginx', 'latest'],
    ['nginx:1.27', 'docker.io/library/nginx', '1.27'],
    ['docker.io/nginx:1.27', 'docker.io/library/nginx', '1.27'],
    ['index.docker.io/library/nginx', 'docker.io/library/nginx', 'latest'],
    ['bitnami/kubectl', 'docker.io/bitnami/kubectl', 'latest'],
    ['registry.k8s.io/pause:3.10.1', 'registry.k8s.io/pause', '3.10.1'],
    ['localhost:5000/x/y:z', 'localhost:5000/x/y', 'z'],
    ['localhost/x', 'localhost/x', 'latest'],
    ['MINE/x', 'MINE/x', 'latest'],
  ])('%s is of %s, tag %s', (text, repository, tag) => {
    const reference = parseReference(text);
    expect(reference).toEqual({ repository, tag, digest: undefined });
    expect(reference && referenceText(reference)).toBe(`${repository}:${tag}`);
  });

  it('with a digest is pulled by it', () => {
    const reference = parseReference(`nginx:1.27@${digest}`);
    expect(reference).toEqual({ repository: 'docker.io/library/nginx', tag: '1.27', digest });
    expect(reference && referenceText(reference)).toBe(`docker.io/library/nginx@${digest}`);
    expect(parseReference(`nginx@${digest}`)).toMatchObject({ tag: undefined });
  });

  it.each([
    ['', 'invalid reference format'],
    ['nginx:1.27:x', 'invalid reference format'],
    ['a//b', 'invalid reference format'],
    ['a b', 'invalid reference format'],
    ['x@sha256:12', 'invalid reference format'],
    ['UPPER', 'invalid reference format: repository name (library/UPPER) must be lowercase'],
    ['quay.io/Mine/x:1', 'invalid reference format: repository name (Mine/x) must be lowercase'],
  ])('%j is none: %s', (text, problem) => {
    expect(parseReference(text)).toBeUndefined();
    expect(referenceProblem(text)).toBe(problem);
  });
});
