import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { oneOf } from '../helpers/share.ts';
import { Kubectl, type Started } from './lab.ts';
import { kubectls, Sandbox } from './sandbox.ts';

/** The machine's own, and every other version that lies around; `npm test` takes the oldest of those. */
const versions = (await kubectls()).slice(0, oneOf(2) === 2 ? 2 : undefined);

let user: Sandbox;
let kubeconfig: string;

beforeAll(async () => {
  user = await Sandbox.create();
  ({ kubeconfig } = await user.json<Started>(['cluster', 'up']));
});
afterAll(() => user.dispose());

describe.each(versions)('kubectl $version', ({ version, file }) => {
  const space = `learner-${version.replaceAll(/[ .]/g, '-')}`;
  const here = ['-n', space];
  let k: Kubectl;

  /** Runs it in the namespace; what it said. */
  const run = (...args: string[]) => k.run([...here, ...args]);
  const manifest = (name: string, text: string) => {
    const path = join(user.folder, `${space}-${name}.yaml`);
    writeFileSync(path, text);
    return path;
  };

  beforeAll(async () => {
    k = new Kubectl(user, kubeconfig, file);
    await k.run(['create', 'namespace', space]);
    await run('create', 'deployment', 'web', '--image=nginx:1.29', '--replicas=2');
    await run(
      'create',
      'deployment',
      'talker',
      '--image=busybox:1.37',
      '--',
      'sh',
      '-c',
      'trap "exit 0" TERM; while true; do echo tick; sleep 1; done',
    );
    await run('create', 'deployment', 'crasher', '--image=busybox:1.37', '--', 'sh', '-c', 'echo going down; exit 3');
    for (const name of ['web', 'talker']) await run('rollout', 'status', `deployment/${name}`, '--timeout=60s');
  });

  it('gets objects in every form', async () => {
    expect(await run('get', 'deploy')).toMatch(/^web +2\/2 +2 +2 +\d+s$/m);
    expect(await run('get', 'deploy', 'web', '-o', 'wide')).toMatch(/nginx +nginx:1\.29 +app=web/);
    expect(await run('get', 'deploy', 'web', '-o', 'yaml')).toMatch(/^ {2}replicas: 2$/m);
    expect(JSON.parse(await run('get', 'deploy', 'web', '-o', 'json'))).toMatchObject({ spec: { replicas: 2 } });
    expect(await run('get', 'deploy', 'web', '-o', 'jsonpath={.spec.template.spec.containers[*].image}')).toBe(
      'nginx:1.29',
    );
    expect(
      await run('get', 'pods', '-l', 'app=web', '-o', 'custom-columns=NAME:.metadata.name,PHASE:.status.phase'),
    ).toMatch(/^web-\S+ +Running$/m);
    expect(await run('get', 'pods', '--field-selector=status.phase=Running', '-o', 'name')).toMatch(/pod\/web-/);
    expect(await run('get', 'all')).toMatch(/replicaset\.apps\/web-/);
    expect(await run('get', 'pods', '--show-labels', '--sort-by=.metadata.name')).toMatch(/pod-template-hash=/);
    expect(await k.run(['get', 'pods', '-A'])).toMatch(new RegExp(`^${space} +web-`, 'm'));
  });

  it('describes', async () => {
    expect(await run('describe', 'deployment', 'web')).toMatch(
      /Replicas: +2 desired \| 2 updated \| 2 total \| 2 available/,
    );
    expect(await run('describe', 'pod', '-l', 'app=web')).toMatch(/Service Account: +default/);
    expect(await run('describe', 'serviceaccount', 'default')).toMatch(/Name: +default/);
    expect(await k.run(['describe', 'node'])).toMatch(/Kubelet Version: +v1\.35/);
    expect(await k.run(['describe', 'clusterrole', 'view'])).toMatch(/PolicyRule:/);
  });

  it('reads logs: all, the tail, following, of the previous run', async () => {
    expect(await run('logs', 'deploy/talker', '--tail=1')).toBe('tick\n');
    await k.line(['logs', '-f', '--tail=1', 'deploy/talker', ...here], /tick/);
    expect(await run('logs', '-l', 'app=talker', '--timestamps', '--tail=1')).toMatch(/^\d{4}-\d\d-\d\dT\S+Z tick$/m);
    await run(
      'wait',
      'pod',
      '-l',
      'app=crasher',
      '--for=jsonpath={.status.containerStatuses[0].lastState.terminated.exitCode}=3',
      '--timeout=60s',
    );
    expect(await run('logs', '-l', 'app=crasher', '--previous')).toBe('going down\n');
  });

  it('explains and lists what there is', async () => {
    expect(await k.run(['explain', 'deployment.spec.strategy'])).toMatch(/rollingUpdate/);
    expect(await k.run(['explain', 'pod.spec', '--recursive'])).toMatch(/serviceAccountName/);
    expect(await k.run(['api-resources', '--api-group=rbac.authorization.k8s.io'])).toMatch(
      /^rolebindings +.*true +RoleBinding$/m,
    );
    expect(await k.run(['api-versions'])).toMatch(/^apps\/v1$/m);
    expect(await k.run(['version'])).toMatch(/Server Version: v1\.35/);
    expect(await k.run(['cluster-info'])).toMatch(/is running at .*https:\/\/127\.0\.0\.1/);
  });

  it('makes accounts and rights, and asks about them', async () => {
    await run('create', 'serviceaccount', 'bot');
    await run('create', 'role', 'log-reader', '--verb=get,list', '--resource=pods,pods/log');
    await run('create', 'rolebinding', 'log-reader', '--role=log-reader', `--serviceaccount=${space}:bot`);
    const cluster = [`${space}-nodes`, '--verb=list', '--resource=nodes'];
    await k.run(['create', 'clusterrole', ...cluster]);
    await k.run([
      'create',
      'clusterrolebinding',
      `${space}-nodes`,
      `--clusterrole=${space}-nodes`,
      `--serviceaccount=${space}:bot`,
    ]);
    const bot = `--as=system:serviceaccount:${space}:bot`;
    const may = async (...args: string[]) => (await k.try(['auth', 'can-i', ...args, bot, ...here])).stdout.trim();
    expect(await may('list', 'pods')).toBe('yes');
    expect(await may('get', 'pods', '--subresource=log')).toBe('yes');
    expect(await may('delete', 'pods')).toBe('no');
    expect(await may('list', 'nodes')).toBe('yes');
    expect(await run('auth', 'can-i', '--list', bot)).toMatch(/pods\/log +\[\] +\[\] +\[get list\]/);
    expect(await k.run(['auth', 'whoami'])).toMatch(/Username +kubernetes-admin/);
    expect(await run('auth', 'whoami', bot)).toMatch(new RegExp(`Username +system:serviceaccount:${space}:bot`));
    const token = (await run('create', 'token', 'bot', '--duration=10m')).trim();
    expect(token.split('.')).toHaveLength(3);
    const asBot = await k.try([
      'get',
      'pods',
      `--token=${token}`,
      '--kubeconfig=/dev/null',
      `--server=${await server()}`,
      '--insecure-skip-tls-verify',
      ...here,
    ]);
    expect([asBot.code, asBot.stdout]).toEqual([0, expect.stringContaining('web-')]);
  });

  const server = async () =>
    (await k.run(['config', 'view', '--minify', '-o', 'jsonpath={.clusters[0].cluster.server}'])).trim();

  it('makes the rest, for real and as a dry run', async () => {
    await run('create', 'configmap', 'settings', '--from-literal=mode=fast');
    await run('create', 'secret', 'generic', 'password', '--from-literal=word=swan');
    expect(await run('get', 'secret', 'password', '-o', 'jsonpath={.data.word}')).toBe('c3dhbg==');
    await run('create', 'job', 'once', '--image=busybox:1.37', '--', 'echo', 'done');
    await run('wait', 'job/once', '--for=condition=Complete', '--timeout=60s');
    expect(await run('logs', 'job/once')).toBe('done\n');
    await run('create', 'cronjob', 'nightly', '--image=busybox:1.37', '--schedule=0 3 * * *', '--', 'true');
    await run('create', 'job', 'by-hand', '--from=cronjob/nightly');
    expect(await run('create', 'deployment', 'dry', '--image=nginx', '--dry-run=client', '-o', 'yaml')).toMatch(
      /^kind: Deployment$/m,
    );
    expect(
      await run('create', 'role', 'dry', '--verb=get', '--resource=pods', '--dry-run=server', '-o', 'name'),
    ).toMatch(/role.*\/dry/);
    expect((await k.try(['get', 'role', 'dry', ...here])).code).toBe(1);
    await run('expose', 'deployment', 'web', '--port=80');
    expect(await run('get', 'endpointslices', '-l', 'kubernetes.io/service-name=web')).toMatch(/IPv4 +80 +\d/);
  });

  it('applies from files, from stdin and on the server, and shows differences', async () => {
    const yaml = (mode: string) =>
      `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: applied\ndata:\n  mode: ${mode}\n`;
    const path = manifest('applied', yaml('one'));
    expect(await run('apply', '-f', path)).toContain('configmap/applied created');
    expect(await run('apply', '-f', path)).toContain('configmap/applied unchanged');
    expect(await k.run(['apply', '-f', '-', ...here], { input: yaml('two') })).toContain(
      'configmap/applied configured',
    );
    const diff = await k.try(['diff', '-f', '-', ...here], { input: yaml('three') });
    expect([diff.code, diff.stdout]).toEqual([1, expect.stringMatching(/^\+ {2}mode: three$/m)]);
    expect((await k.try(['diff', '-f', '-', ...here], { input: yaml('two') })).code).toBe(0);
    const other = yaml('four').replace('name: applied', 'name: by-server');
    expect(await k.run(['apply', '--server-side', '-f', '-', ...here], { input: other })).toContain(
      'configmap/by-server serverside-applied',
    );
    const conflict = await k.try(['apply', '--server-side', '--field-manager=rival', '-f', '-', ...here], {
      input: other.replace('four', 'five'),
    });
    expect([conflict.code, conflict.stderr]).toEqual([1, expect.stringContaining('conflict')]);
    await k.run(['replace', '-f', '-', ...here], { input: yaml('six') });
    expect(await run('get', 'cm', 'applied', '-o', 'jsonpath={.data.mode}')).toBe('six');
  });

  it('edits and patches in every way', async () => {
    const editor = manifest('editor', '#!/bin/sh\nsed -i "s/replicas: 2/replicas: 3/" "$1"\n');
    expect(await k.run(['edit', 'deployment', 'web', ...here], { env: { KUBE_EDITOR: `sh ${editor}` } })).toContain(
      'deployment.apps/web edited',
    );
    expect(await run('get', 'deploy', 'web', '-o', 'jsonpath={.spec.replicas}')).toBe('3');
    await run('patch', 'deployment', 'web', '-p', '{"spec":{"replicas":2}}');
    await run('patch', 'deployment', 'web', '--type=merge', '-p', '{"metadata":{"annotations":{"a":"b"}}}');
    await run(
      'patch',
      'deployment',
      'web',
      '--type=json',
      '-p',
      '[{"op":"replace","path":"/spec/replicas","value":1}]',
    );
    await run(
      'patch',
      'deployment',
      'web',
      '-p',
      '{"spec":{"template":{"spec":{"containers":[{"name":"nginx","env":[{"name":"A","value":"1"}]}]}}}}',
    );
    const web = await k.json<{
      spec: { replicas: number; template: { spec: { containers: { image: string; env: object[] }[] } } };
    }>(['get', 'deploy', 'web', ...here]);
    expect(web.spec.replicas).toBe(1);
    expect(web.spec.template.spec.containers[0]).toMatchObject({
      image: 'nginx:1.29',
      env: [{ name: 'A', value: '1' }],
    });
  });

  it('sets, scales and rolls out', async () => {
    await run('set', 'image', 'deployment/web', 'nginx=nginx:1.28');
    await run('set', 'env', 'deployment/web', 'B=2');
    await run('set', 'serviceaccount', 'deployment', 'web', 'default');
    await run('set', 'resources', 'deployment', 'web', '--requests=cpu=10m');
    await run('scale', 'deployment', 'web', '--replicas=2');
    expect(await run('rollout', 'status', 'deployment/web', '--timeout=60s')).toContain('successfully rolled out');
    expect(await run('rollout', 'history', 'deployment/web')).toMatch(/^\d+ +<none>$/m);
    await run('rollout', 'restart', 'deployment/web');
    await run('rollout', 'status', 'deployment/web', '--timeout=60s');
    await run('rollout', 'undo', 'deployment/web');
    await run('rollout', 'status', 'deployment/web', '--timeout=60s');
    await run('rollout', 'pause', 'deployment/web');
    await run('rollout', 'resume', 'deployment/web');
    expect(await run('get', 'deploy', 'web', '-o', 'jsonpath={.spec.template.spec.containers[0].image}')).toBe(
      'nginx:1.28',
    );
  });

  it('labels, annotates and waits', async () => {
    await run('label', 'deployment', 'web', 'tier=front');
    await run('label', 'deployment', 'web', 'tier-');
    await run('annotate', 'deployment', 'web', 'note=hello', '--overwrite');
    await run('wait', 'deployment/web', '--for=condition=Available', '--timeout=60s');
    await run('create', 'configmap', 'short-lived');
    const waiting = run('wait', 'configmap/short-lived', '--for=delete', '--timeout=60s');
    await run('delete', 'configmap', 'short-lived');
    await waiting;
  });

  it('watches changes as they come', async () => {
    await k.line(['get', 'configmaps', '-w', ...here], /^watched/, () => run('create', 'configmap', 'watched'));
    await k.line(['get', 'pods', '-w', '-o', 'name', ...here], /pod\/seen/, () =>
      run('run', 'seen', '--image=busybox:1.37', '--', 'sleep', '300'),
    );
  });

  it('runs commands in containers, with a terminal and without', async () => {
    await run('wait', 'pod/seen', '--for=condition=Ready', '--timeout=60s');
    expect(await run('exec', 'seen', '--', 'sh', '-c', 'echo $((6 * 7))')).toBe('42\n');
    expect(await k.run(['exec', '-i', 'seen', ...here, '--', 'cat'], { input: 'through\n' })).toBe('through\n');
    expect((await k.try(['exec', 'seen', ...here, '--', 'sh', '-c', 'exit 7'])).code).toBe(7);
    const shell = user.open(file, ['exec', '-it', 'seen', ...here, '--', 'sh'], { env: k.env });
    // Busybox's prompt; the harness shows lines without the blanks at their end.
    await shell.until(/^\/ [#$]$/m);
    shell.type('echo in-the-$((1 + 1))nd-shell\r');
    await shell.until('in-the-2nd-shell');
    shell.type('exit\r');
    expect(await shell.exited).toBe(0);
    const once = user.open(
      file,
      [
        'run',
        'visitor',
        '--rm',
        '-it',
        '--image=busybox:1.37',
        '--restart=Never',
        ...here,
        '--',
        'echo',
        'hello there',
      ],
      { env: k.env },
    );
    await once.exited;
    expect(once.text()).toContain('hello there');
    expect(once.text()).toContain('pod "visitor" deleted');
    expect((await k.try(['get', 'pod', 'visitor', ...here])).stderr).toContain('not found');
  });

  it('shows events', async () => {
    expect(await run('get', 'events', '--sort-by=.metadata.creationTimestamp')).toMatch(/Scaled up replica set/);
    expect(await run('events', '--for=pod/seen')).toMatch(/Successfully assigned/);
  });

  it('deletes, with what belongs to it', async () => {
    expect(await run('delete', 'deployment', 'crasher')).toMatch(/deployment.apps "crasher" deleted/);
    await run('wait', 'pod', '-l', 'app=crasher', '--for=delete', '--timeout=60s');
    await run('delete', 'pod', 'seen', '--now');
    await run('delete', 'deployment', 'talker', '--cascade=orphan');
    expect(await run('get', 'pods', '-l', 'app=talker')).toMatch(/talker-/);
    await k.run(['delete', 'clusterrole,clusterrolebinding', `${space}-nodes`]);
    await k.run(['delete', 'namespace', space, '--timeout=60s']);
    expect((await k.try(['get', 'namespace', space])).stderr).toContain('NotFound');
  });
});

describe('kubectl get --raw', () => {
  it('asks a kubelet, and refuses as a real server does', async () => {
    const k = new Kubectl(user, kubeconfig);
    const node = await k.run(['get', 'nodes', '-o', 'jsonpath={.items[0].metadata.name}']);
    const raw = (path: string) => k.run(['get', '--raw', `/api/v1/nodes/${node}/proxy/${path}`]);
    expect(await raw('healthz')).toBe('ok');
    expect(await raw('metrics/cadvisor')).toContain('container_cpu_usage_seconds_total');
    expect(JSON.parse(await raw('stats/summary')).node.nodeName).toBe(node);
    expect(JSON.parse(await raw('configz')).kubeletconfig.staticPodPath).toBe('/etc/kubernetes/manifests');
    expect(await raw('logs/')).toContain('<a href="pods/">pods/</a>');
    // As v1.35.4 answers: what it can't read of a query is a plain error of its own, where a number is expected it is not.
    const refused = async (path: string) => (await k.try(['get', '--raw', path])).stderr;
    expect(await refused('/api/v1/pods?watch=1&resourceVersion=abc')).toContain('parsing "abc": invalid syntax');
    expect(await refused('/api/v1/pods?limit=9223372036854775808')).toContain('value out of range');
    expect(await refused('/api/v1/pods?continue=bnVsbA')).toContain('continue key is not valid');
  });
});
