import { describe, expect, it } from 'vitest';
import { readRecording } from '../../../scripts/conformance/recordings.ts';
import { podSecurity } from '../../../src/embedded/admission/pod-security/pod-security.ts';
import type { Pod, PodSpec } from '../../../src/kube/api.gen.ts';
import { Memory } from '../rbac/memory.ts';
import { admit } from './admit.ts';

const prefix = 'pod-security.kubernetes.io/';
const namespace = (labels: Record<string, string>) => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: {
    name: 'swan',
    labels: Object.fromEntries(Object.entries(labels).map(([key, value]) => [prefix + key, value])),
  },
});
const pod = (spec: Partial<PodSpec>, name = 'p'): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'swan' },
  spec: { containers: [{ name: 'c', image: 'x' }], ...spec },
});
const good = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  runAsNonRoot: true,
  seccompProfile: { type: 'RuntimeDefault' },
};

function run(labels: Record<string, string>, spec: Partial<PodSpec>) {
  return admit([podSecurity], new Memory([namespace(labels)]), { object: pod(spec) });
}

describe('PodSecurity', () => {
  it('lets everything pass in a namespace without labels', () => {
    expect(run({}, { hostNetwork: true })).toMatchObject({ message: '', warnings: [] });
  });

  it('refuses what breaks the enforced level and warns of the warned one', () => {
    expect(run({ enforce: 'baseline' }, { hostPID: true, hostIPC: true }).message).toBe(
      'pods "p" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostPID=true, hostIPC=true)',
    );
    const containers = [{ name: 'c', securityContext: { ...good, runAsUser: 0 } }];
    expect(run({ enforce: 'baseline', warn: 'restricted' }, { containers })).toMatchObject({
      message: '',
      warnings: ['would violate PodSecurity "restricted:latest": runAsUser=0 (container "c" must not set runAsUser=0)'],
    });
  });

  it('goes by the version that the label names', () => {
    const spec = { securityContext: { sysctls: [{ name: 'net.ipv4.tcp_rmem', value: '1' }] } };
    expect(run({ enforce: 'baseline' }, spec).message).toBe('');
    expect(run({ enforce: 'baseline', 'enforce-version': 'v1.31' }, spec).message).toBe(
      'pods "p" is forbidden: violates PodSecurity "baseline:v1.31": forbidden sysctls (net.ipv4.tcp_rmem)',
    );
  });

  it('names several containers and the pod together', () => {
    const containers = ['a', 'b'].map((name) => ({
      name,
      securityContext: { ...good, seccompProfile: { type: 'Unconfined' } },
    }));
    expect(
      run({ enforce: 'restricted' }, { containers, securityContext: { seccompProfile: { type: 'Unconfined' } } })
        .message,
    ).toBe(
      'pods "p" is forbidden: violates PodSecurity "restricted:latest": seccompProfile (pod and containers "a", "b" must not set securityContext.seccompProfile.type to "Unconfined")',
    );
  });

  it('refuses labels that make no sense', () => {
    const object = namespace({ enforce: 'bogus', 'warn-version': 'v99' });
    const result = admit([podSecurity], new Memory(), { object });
    expect(result).toMatchObject({
      code: 422,
      message:
        'Namespace "swan" is invalid: [metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "bogus": must be one of privileged, baseline, restricted, metadata.labels[pod-security.kubernetes.io/warn-version]: Invalid value: "v99": must be "latest" or "v1.x"]',
    });
  });

  it('warns when a stricter level would refuse Pods that are there', () => {
    const memory = new Memory([pod({ hostPID: true }, 'b'), pod({ hostIPC: true }, 'a'), pod({}, 'fine')]);
    const old = memory.put(namespace({}));
    const result = admit([podSecurity], memory, { object: namespace({ enforce: 'baseline' }), old });
    expect(result.warnings).toEqual([
      'existing pods in namespace "swan" violate the new PodSecurity enforce level "baseline:latest"',
      'a (and 1 other pod): host namespaces',
    ]);
  });
});

interface Exchange {
  name: string;
  method: string;
  path: string;
  body?: Pod;
  status: number;
  response: { message?: string };
  responseHeaders?: { Warning?: string[] };
}

describe('PodSecurity as recorded', () => {
  const exchanges = readRecording('exchanges/admission.jsonl')
    .split('\n')
    .filter((line) => line.includes('"PodSecurity '))
    .map((line) => JSON.parse(line) as Exchange);

  it.each(exchanges.map((e) => [e.name, e] as const))(
    '%s',
    (_name, { path, body, status, response, responseHeaders }) => {
      const [, level = ''] = /t-psa-(\w+)/.exec(path) ?? [];
      const name = `t-psa-${level}`;
      const memory = new Memory([
        {
          ...namespace({}),
          metadata: { name, labels: { [`${prefix}enforce`]: level, [`${prefix}warn`]: 'restricted' } },
        },
      ]);
      const result = admit([podSecurity], memory, {
        resource: path.endsWith('pods') ? 'pods' : 'deployments.apps',
        namespace: name,
        object: body,
      });
      expect(result.message).toBe(status === 403 ? response.message : '');
      const warnings = result.warnings.map((text) => `299 - "${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`);
      expect(warnings).toEqual(responseHeaders?.Warning ?? []);
    },
  );
});
