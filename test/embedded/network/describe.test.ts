import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureKubectl } from '../../../src/cluster/kubectl/kubectl.ts';
import { resolvePaths } from '../../../src/kernel/paths.ts';
import { clusterRoleBindings, deployments, jobs, pods, statefulSets } from '../../../src/kube/resources.ts';
import { ScratchFolder } from '../../contract/scratch.ts';
import { share } from '../../helpers/share.ts';
import { type Lab, openLab } from './lab.ts';

const namespace = 'varied';
const gadget = 'fixtures/describe/gadget.yaml';
const inPodGadget = '/tmp/gadget.yaml';

/** Ages go on while two kubectls are asked, and the columns beside them move. */
function withoutAges(text: string): string {
  return text
    .replace(/^Events:\n(?: .*\n)+/gm, (table) =>
      table.replace(/ {2,}/g, '  ').replace(/\b(\d+[smhdy])+\b|<invalid>/g, 'AGE'),
    )
    .replace(/\(lasts [^)]*\)/g, '(lasts AGE)')
    .replace(/(\d+%\)) +(\d+[smhdy])+$/gm, '$1 AGE');
}

describe('kubectl describe in a Pod', { timeout: 120_000 }, () => {
  const scratch = new ScratchFolder();
  let lab: Lab;
  let file: string;
  let env: Record<string, string>;

  const real = async (args: string[]) => {
    const options = { env, reject: false, stripFinalNewline: false, stdin: 'ignore' } as const;
    const { stdout, stderr, exitCode } = await execa(file, args, options);
    return { stdout, stderr, exitCode };
  };
  const inPod = async (args: string[]) => {
    const { stdout, stderr, exitCode } = await lab.exec(
      'tool',
      'kubectl',
      ...args.map((arg) => (arg === gadget ? inPodGadget : arg)),
    );
    return { stdout, stderr, exitCode };
  };

  beforeAll(async () => {
    // The one kubectl that is the same everywhere: older ones on PATH describe some things in other words.
    ({ file } = await ensureKubectl({ cache: resolvePaths().cache, env: {} }));
    lab = await openLab();
    const kubeconfig = join(scratch.path, 'kubeconfig');
    await writeFile(kubeconfig, lab.cluster.kubeconfig());
    // What lives for a moment need not collect garbage.
    env = { KUBECONFIG: kubeconfig, KUBECACHEDIR: scratch.path, GOGC: '400' };
    await lab.client.create(clusterRoleBindings, {
      metadata: { name: 'tester' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [{ kind: 'ServiceAccount', name: 'default', namespace: 'default' }],
    });
    for (const step of [
      ['apply', '--server-side', '-f', 'fixtures/describe/objects.yaml'],
      ['wait', '--for=condition=Established', 'crd/gadgets.example.com'],
      ['apply', '--server-side', '-f', gadget],
      ['certificate', 'deny', 'plain'],
      ['delete', '--wait=false', '-n', namespace, 'pod/leaving', 'gadget/odd'],
      ['delete', '--wait=false', 'namespace', 'held'],
    ]) {
      const { stderr, exitCode } = await real(step);
      expect(exitCode, stderr).toBe(0);
    }
    await lab.run('tool', { image: 'bitnami/kubectl:1.35', command: ['sleep', '3600'] });
    const copy = ['sh', '-c', 'printf %s "$1" > "$2"', '-', await readFile(gadget, 'utf8'), inPodGadget];
    expect(await lab.exec('tool', ...copy)).toMatchObject({ exitCode: 0 });
    await lab.until(deployments, (all) => all.every(({ status }) => status?.availableReplicas), namespace);
    await lab.until(statefulSets, (all) => all.every(({ status }) => status?.availableReplicas), namespace);
    await lab.until(
      jobs,
      (all) => all.some(({ metadata, status }) => metadata.name === 'done' && status?.completionTime),
      namespace,
    );
    const scheduled = ['full', 'huge', 'odd-volumes', 'crashing', 'unpullable', 'leaving'];
    await lab.until(
      pods,
      (all) =>
        all.filter(({ metadata, status }) => scheduled.includes(metadata.name) && status?.conditions?.length).length ===
        scheduled.length,
      namespace,
    );
  }, 120_000);
  afterAll(async () => {
    await lab?.cluster.stop();
    await scratch.remove();
  });

  type Answer = Awaited<ReturnType<typeof real>>;
  const same = (a: Answer, b: Answer) =>
    (['stdout', 'stderr', 'exitCode'] as const).every(
      (part) => withoutAges(String(a[part])) === withoutAges(String(b[part])),
    );

  /** What the real kubectl says and that in the Pod. Where they differ: when nothing changed between two real answers. */
  async function both(args: string[]): Promise<{ simulated: Answer; real: Answer }> {
    for (let before = await real(args); ; ) {
      const simulated = await inPod(args);
      if (same(simulated, before)) return { simulated, real: before };
      const after = await real(args);
      if (same(before, after)) return { simulated, real: after };
      before = after;
    }
  }

  async function expectSame(line: string): Promise<void> {
    const { simulated, real: wanted } = await both(['describe', ...line.split(' ').filter(Boolean)]);
    const shown = ({ stdout, stderr, exitCode }: Answer) =>
      `$ kubectl describe ${line}\n${withoutAges(stdout)}${stderr}${exitCode}`;
    expect(shown(simulated)).toBe(shown(wanted));
  }

  it.each(
    share(
      [
        'pods',
        'deployments',
        'replicasets',
        'rc',
        'statefulsets',
        'daemonsets',
        'jobs',
        'cronjobs',
        'services',
        'endpointslices',
        'ingresses',
        'networkpolicies',
        'configmaps',
        'secrets',
        'serviceaccounts',
        'roles',
        'rolebindings',
        'pvc',
        'pdb',
        'quota',
        'limits',
        'leases',
        'controllerrevisions',
        'hpa',
        'gadgets',
      ],
      3,
    ),
  )('says of %s what the real one says', (kind) => expectSame(`${kind} -n ${namespace}`));

  it.each(
    share(
      [
        'namespaces',
        'nodes',
        'pv',
        'sc',
        'ingressclasses',
        'priorityclasses',
        'clusterroles',
        'clusterrolebindings',
        'crd',
        'pods -n kube-system',
        'pods -n kube-system -l component=etcd',
        'deployments -A',
        'cm,secret -n varied',
        'pod/full deploy/web -n varied',
        'pod fu -n varied',
        'cm s -n varied',
        'deploy re -n varied',
        'pod full huge nope -n varied',
        'pod nope -n varied',
        'pod/nope -n varied',
        'pod -l app=none -n varied',
        'pod -l app=none -A',
        'pod full -l a=b',
        'pod full -A',
        'nonsense',
        'pod full --show-events=false -n varied',
        'node --show-events=false',
        'secret credentials -n varied --as=nobody',
        'secrets -n varied --as=nobody',
        'pods -n varied --as=system:serviceaccount:varied:robot',
        ...[
          ...['services', 'pvc', 'ingresses', 'secrets', 'nodes', 'namespaces', 'pods'],
          ...['deploy web', 'rs web', 'pvc wanted', 'secret credentials', 'all', 'svc,secrets'],
        ].map((what) => `${what} -n varied --as=system:serviceaccount:varied:limited`),
        'pods --chunk-size=2 -n varied',
        'all -n varied',
        'po,svc,deploy -n varied',
        'pod/full pod/nope pod/none -n varied',
        'pod nope none -n varied',
        'pod/full svc -n varied',
        'pod/',
        'deployment.apps/web -n varied',
        'Pod full -n varied',
        'nope/full -n varied',
        'po,svc web -n varied',
        'po,svc nope -n varied',
        'pod/full pod/nope -n varied',
        'pod/nope pod/full -n varied',
        'endpoints -n varied',
        'csr',
        'csinodes',
        'volumeattributesclasses',
        'apiservices -l none=such',
        'servicecidrs',
        'ipaddresses',
        'flowschemas probes',
        'events -n kube-system',
        'pod full --nope',
        '',
        '-l a=b',
        `-f ${gadget}`,
      ],
      3,
    ),
  )('answers describe %s as the real one does', expectSame);
});
