/** Containers that take all they can get harm nobody but themselves. */
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { Kubectl, type Started } from './lab.ts';
import { Sandbox } from './sandbox.ts';

/** What a Pod does, and how that ends: killed for its memory, with words of its own, or not at all. */
const attacks: Record<string, { script: string; ends: 'OOMKilled' | RegExp | 'never'; image?: string }> = {
  'sed-grows': { script: "echo x | sed ':a;s/x/xx/g;ba'", ends: 'OOMKilled' },
  'sed-goes-back': {
    script:
      "i=0; while [ $i -lt 2 ]; do i=$((i+1)); head -c 4000 /dev/zero | tr '\\0' a | sed 's/\\(a*\\)*\\1b//'; done",
    ends: /sed: memory exhausted/,
  },
  'grep-goes-back': {
    script: "head -c 100000 /dev/zero | tr '\\0' a | grep -cE '^(a|a)*(a|aa)*b'; echo grep $?",
    ends: /^0\ngrep 1\n$/,
  },
  arithmetic: { script: 'echo $((2**100000000)); printf %1000000000d 1', ends: /^0\n.*printf: .*memory exhausted/s },
  'awk-keeps': { script: 'awk \'BEGIN { for (;;) a[n++] = sprintf("%2000d", n) }\'', ends: 'OOMKilled' },
  'jq-keeps': { script: 'jq -n \'[range(1e9) | "x" * 2000]\'', ends: 'OOMKilled', image: 'alpine/k8s:1.35.0' },
  'bash-expands': { script: 'bash -c "echo {1..100000000}"', ends: 'OOMKilled', image: 'ubuntu' },
  loops: { script: 'while :; do :; done', ends: 'never' },
};

const pod = (name: string, { script, image = 'busybox' }: { script: string; image?: string }) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: {
    restartPolicy: 'Never',
    containers: [
      { name, image, command: ['sh', '-c', script], resources: { limits: { memory: '32Mi', cpu: '100m' } } },
    ],
  },
});

interface Status {
  restartCount: number;
  state: { terminated?: { reason: string; exitCode: number }; running?: object };
}

let user: Sandbox;
let attacked: Kubectl;
let neighbour: Kubectl;
beforeAll(async () => {
  user = await Sandbox.create();
  const up = async (name: string) =>
    new Kubectl(user, (await user.json<Started>(['cluster', 'up', '--name', name])).kubeconfig);
  attacked = await up('attacked');
  neighbour = await up('neighbour');
});
afterAll(() => user.dispose());

const restarts = async (kubectl: Kubectl) => {
  const path = '{range .items[*]}{.metadata.name}={.status.containerStatuses[*].restartCount}{"\\n"}{end}';
  return (await kubectl.run(['get', 'pods', '-A', '-o', `jsonpath=${path}`])).split('\n').filter(Boolean).sort();
};

it('in another cluster exec answers while they run, and nothing restarts in either', async () => {
  await neighbour.run(['run', 'quiet', '--image=busybox', '--', 'sleep', '3600']);
  await neighbour.run(['wait', '--for=condition=Ready', 'pod/quiet', '--timeout=60s']);
  const before = { neighbour: await restarts(neighbour), attacked: await restarts(attacked) };

  const items = Object.entries(attacks).map(([name, attack]) => pod(name, attack));
  await attacked.run(['apply', '-f', '-'], { input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }) });
  for (let n = 0; n < 20; n++) {
    expect(await neighbour.try(['exec', 'quiet', '--', 'echo', `answer ${n}`])).toMatchObject({
      code: 0,
      stdout: `answer ${n}\n`,
    });
  }

  for (const [name, { ends }] of Object.entries(attacks)) {
    const status = async () =>
      JSON.parse(await attacked.run(['get', 'pod', name, '-o', 'jsonpath={.status.containerStatuses[0]}'])) as Status;
    if (ends === 'never') {
      expect((await status()).state.running, name).toBeDefined();
      continue;
    }
    await vi.waitUntil(async () => (await status()).state.terminated, { timeout: 60_000, interval: 250 });
    const { terminated } = (await status()).state;
    if (ends === 'OOMKilled') expect(terminated, name).toMatchObject({ reason: ends, exitCode: 137 });
    else expect(await attacked.run(['logs', name]), name).toMatch(ends);
  }
  expect(await restarts(neighbour)).toEqual(before.neighbour);
  const ofTheCluster = (await restarts(attacked)).filter((line) => !((line.split('=')[0] ?? '') in attacks));
  expect(ofTheCluster).toEqual(before.attacked);
});
