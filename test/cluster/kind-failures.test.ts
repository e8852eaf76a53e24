import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { meaningfulLine, recognise } from '../../src/cluster/kind/failures.ts';
import { stepOf } from '../../src/cluster/kind/steps.ts';

const folder = join(import.meta.dirname, '..', '..', 'fixtures', 'kind');
const reasons: Record<string, string> = {
  'cgroup.txt': 'the cgroups of this machine do not suit the node',
  'disk-full.txt': 'the disk is full',
  'docker-info-not-running.txt': 'Docker is not running',
  'docker-no-permission.txt': 'you may not use Docker',
  'docker-not-running.txt': 'Docker is not running',
  'image-unknown.txt': 'the node image could not be pulled',
  'inotify.txt': 'the limit of inotify watches is reached',
  'kind-docker-not-running.txt': 'Docker is not running',
  'kind-old.txt': 'this kind does not fit its node image',
  'port-taken.txt': 'a port that the cluster needs is taken',
};

describe('failures of Docker and kind', () => {
  it.each(readdirSync(folder).filter((name) => name.endsWith('.txt')))('knows the reason of %s', (name) => {
    const output = readFileSync(join(folder, name), 'utf8');
    const known = recognise(output);
    expect(known?.what).toBe(reasons[name]);
    expect(known?.next).toBeTruthy();
    expect(recognise(meaningfulLine(output))?.what).toBe(reasons[name]);
  });

  it('makes nothing of the warning that kind gives on every machine with cgroup v1', () => {
    const warning =
      'cgroup v1 is deprecated in Kubernetes and will not be supported in a future kind release, please upgrade to cgroup v2';
    expect(recognise(`${warning}\nERROR: something else`)).toBeUndefined();
    expect(meaningfulLine(`${warning}\nERROR: something else\n\nStack Trace: \nsigs.k8s.io/kind`)).toBe(
      'ERROR: something else',
    );
  });

  it('tells the steps that kind begins, not those that it ends', () => {
    expect(stepOf(' • Ensuring node image (kindest/node:v1.35.0) 🖼  ...')).toBe('node image kindest/node:v1.35.0');
    expect(stepOf(' • Starting control-plane 🕹️  ...')).toBe('control plane');
    expect(stepOf(' • Waiting ≤ 3m0s for control-plane = Ready ⏳  ...')).toBe(
      'waiting until the control plane is ready',
    );
    expect(stepOf(' ✓ Starting control-plane 🕹️')).toBeUndefined();
    expect(stepOf('Creating cluster "x" ...')).toBeUndefined();
  });
});
