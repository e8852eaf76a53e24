import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clusterRoleBindings } from '../../../src/kube/resources.ts';
import { type Lab, openLab } from './lab.ts';

describe('kubectl in a Pod', { timeout: 60_000 }, () => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await openLab();
    await lab.client.create(clusterRoleBindings, {
      metadata: { name: 'tester' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [{ kind: 'ServiceAccount', name: 'default', namespace: 'default' }],
    });
    await lab.run('tool', { image: 'bitnami/kubectl:1.35', command: ['sleep', '3600'] });
  }, 90_000);
  afterAll(() => lab.cluster.stop());

  const sh = (script: string) => lab.exec('tool', 'bash', '-c', script);
  const kubectl = async (args: string) => {
    const { stdout, stderr, exitCode } = await sh(`kubectl ${args}`);
    return `${stdout}${stderr}${exitCode}`;
  };

  it('waits for conditions, fields, the end of things, and not for ever', async () => {
    expect(await kubectl('wait --for=condition=Ready pod/tool --timeout=20s')).toBe('pod/tool condition met\n0');
    expect(await kubectl(`wait --for=jsonpath='{.status.phase}'=Running pod tool`)).toBe('pod/tool condition met\n0');
    expect(await kubectl('wait --for=condition=Ready pod -l run=tool')).toBe('pod/tool condition met\n0');
    expect(await kubectl('wait --for=condition=Nope pod/tool --timeout=100ms')).toBe(
      'error: timed out waiting for the condition on pods/tool\n1',
    );
    expect(await kubectl('wait --for=condition=Ready pod/none')).toBe(
      'Error from server (NotFound): pods "none" not found\n1',
    );
    expect(await kubectl('wait --for=condition=Ready pod -l run=none')).toBe('error: no matching resources found\n1');
    expect(await kubectl('wait pod/tool --for=nope')).toBe('error: unrecognized condition: "nope"\n1');
    const { stdout } = await sh(
      'kubectl create configmap soon >/dev/null; kubectl wait --for=delete cm/soon --timeout=20s & kubectl delete cm soon >/dev/null; wait',
    );
    expect(stdout).toBe('configmap/soon condition met\n');
    const job = await sh(
      'kubectl create job quick --image=busybox -- true >/dev/null; kubectl wait --for=condition=complete job/quick --timeout=30s',
    );
    expect(job.stdout).toBe('job.batch/quick condition met\n');
  });

  it('changes images and variables, restarts, and follows rollouts', async () => {
    await sh('kubectl create deployment web --image=nginx:1.26 --replicas=2');
    const first = await kubectl('rollout status deploy/web --timeout=30s');
    expect(first).toMatch(/deployment "web" successfully rolled out\n0$/);
    expect(await kubectl('set image deploy/web nginx=nginx:1.27')).toBe('deployment.apps/web image updated\n0');
    expect(await kubectl('rollout status deploy web')).toMatch(
      /^(Waiting for deployment .*\n)*deployment "web" successfully rolled out\n0$/,
    );
    expect(await kubectl(`get deploy web -o jsonpath='{.spec.template.spec.containers[0].image}'`)).toBe('nginx:1.270');
    expect(await kubectl('set image deploy/web nope=x')).toBe('error: unable to find container named "nope"\n1');
    expect(await kubectl('set env deploy/web A=1 B=2')).toBe('deployment.apps/web env updated\n0');
    expect(await kubectl('set env deploy/web B-')).toBe('deployment.apps/web env updated\n0');
    expect(await kubectl(`get deploy web -o jsonpath='{.spec.template.spec.containers[0].env}'`)).toBe(
      '[{"name":"A","value":"1"}]0',
    );
    expect(await kubectl('rollout restart deployment web')).toBe('deployment.apps/web restarted\n0');
    expect(await kubectl('rollout restart pod tool')).toBe('error: pods "tool" restarting is not supported\n1');
    expect(await kubectl('rollout status deploy/web')).toMatch(/successfully rolled out\n0$/);
    expect(await kubectl('rollout pause deploy/web')).toBe('deployment.apps/web paused\n0');
    expect(await kubectl('rollout resume deploy/web')).toBe('deployment.apps/web resumed\n0');
    await sh('kubectl set image deploy/web nginx=nginx:nope');
    expect(await kubectl('rollout status deploy/web --timeout=100ms')).toMatch(
      /error: timed out waiting for the condition\n1$/,
    );
  });

  it('tells the revisions of a Deployment and goes back to them', async () => {
    await sh('kubectl create deployment back --image=nginx:1.25; kubectl rollout status deploy/back');
    expect(await kubectl('rollout undo deploy/back')).toBe('error: no rollout history found for deployment "back"\n1');
    await sh('kubectl set image deploy/back nginx=nginx:1.26; kubectl rollout status deploy/back');
    expect(await kubectl('rollout history deploy/back')).toBe(
      'deployment.apps/back \nREVISION  CHANGE-CAUSE\n1         <none>\n2         <none>\n\n0',
    );
    expect(await kubectl('rollout history deploy/back --revision=1')).toContain('    Image:\tnginx:1.25\n');
    expect(await kubectl('rollout undo deploy/back')).toBe('deployment.apps/back rolled back\n0');
    expect(await kubectl(`get deploy back -o jsonpath='{.spec.template.spec.containers[0].image}'`)).toBe(
      'nginx:1.250',
    );
    await sh('kubectl rollout status deploy/back');
    expect(await kubectl('rollout undo deploy/back --to-revision=2')).toBe('deployment.apps/back rolled back\n0');
    expect(await kubectl('rollout undo deploy/back --to-revision=9')).toBe(
      'error: unable to find specified revision 9 in history\n1',
    );
  });

  it('runs commands in other containers', async () => {
    await lab.run('other', { image: 'busybox:1.36', command: ['sleep', '3600'] });
    expect(await kubectl('exec other -- hostname')).toBe('other\n0');
    expect(await kubectl(`exec other -c c -- sh -c 'echo out; echo err >&2; exit 3'`)).toBe(
      'out\nerr\ncommand terminated with exit code 3\n3',
    );
    expect((await sh('printf "a\\nb\\n" | kubectl exec -i other -- wc -l')).stdout).toBe('2\n');
    expect((await sh('kubectl exec other -- seq 20000 | tail -1')).stdout).toBe('20000\n');
    expect(await kubectl('exec none -- true')).toBe('Error from server (NotFound): pods "none" not found\n1');
    expect(await kubectl('exec other')).toBe('error: you must specify at least one command for the container\n1');
    expect(await kubectl('exec other true')).toMatch(/^error: exec \[POD\] \[COMMAND\] is not supported anymore\./);
    expect(await kubectl('exec other -c nope -- true')).toMatch(/nope.*\n1$/);
    expect(await kubectl('exec other --as=nobody -- true')).toMatch(
      /^Error from server \(Forbidden\): pods "other" is forbidden/,
    );
    expect(await kubectl('exec deploy/web -- sh -c "echo $0"')).toMatch(/0$/);
  });

  it('has jq beside it', async () => {
    const { stdout } = await sh(
      `kubectl get pods -o json | jq -r '.items[] | select(.metadata.name == "other" or .metadata.name == "tool") | "\\(.metadata.name) \\(.status.phase)"'`,
    );
    expect(stdout).toBe('other Running\ntool Running\n');
  });
});
