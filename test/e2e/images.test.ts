/** Images as people use them in a bare cluster, and what they learn of those that there are not. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Kubectl, type Started } from './lab.ts';
import { Sandbox } from './sandbox.ts';

interface EventList {
  items: { reason: string; message: string; involvedObject: { name: string } }[];
}

const user = await Sandbox.create();
let kubectl: Kubectl;
beforeAll(async () => {
  const { kubeconfig } = await user.json<Started>(['cluster', 'up']);
  kubectl = new Kubectl(user, kubeconfig);
});
afterAll(() => user.dispose());

/** Waits until a Pod's image could not be pulled; the events of the Pod. */
async function notPulled(on: Kubectl, pod: string): Promise<EventList['items']> {
  const path = '{.status.containerStatuses[0].state.waiting.reason}';
  await on.line(['get', 'pod', pod, '-w', '-o', `jsonpath=${path}{"\\n"}`], /ImagePullBackOff/);
  const { items } = await on.json<EventList>(['get', 'events', '--field-selector', `involvedObject.name=${pod}`]);
  return items;
}

describe('images', () => {
  it('are listed with tags and tools, for people and programs', async () => {
    const { images } = await user.json<{ images: { name: string; builds: { tag: string; tools: string[] }[] }[] }>([
      'images',
    ]);
    const nginx = images.find((image) => image.name === 'nginx');
    const toolsOf = (end: string) => nginx?.builds.find((b) => b.tag.endsWith(end))?.tools ?? [];
    expect(toolsOf('latest')).toEqual(expect.arrayContaining(['bash', 'curl', 'nginx']));
    expect(toolsOf('latest')).not.toContain('wget');
    expect(toolsOf('-alpine')).toEqual(expect.arrayContaining(['ash', 'wget', 'nginx']));
    expect(images.map((image) => image.name)).not.toContain('node');
    expect((await user.run(['images'])).stdout).toMatch(
      /^nginx {2,}latest, 1\.7\.0 to 1\.29\.\d+, .*-alpine.* bash, ash +web server/m,
    );
    const missing = await user.run(['images', 'node']);
    expect(missing).toMatchObject({ code: 2 });
    expect(missing.stderr).toMatch(/^kubedrill: the embedded cluster has no image node\n/);
  });

  it('that the embedded cluster has not are said to be so in a bare cluster', async () => {
    await kubectl.run(['run', 'bad', '--image=node:22']);
    await kubectl.run(['run', 'worse', '--image=nginx:1.99']);
    const [bad, worse] = await Promise.all([notPulled(kubectl, 'bad'), notPulled(kubectl, 'worse')]);
    const said = (events: EventList['items']) => events.find((e) => e.reason === 'UnknownImage')?.message;
    expect(said(bad)).toMatch(
      /^the embedded cluster has no image node:22: "kubedrill images" lists .* "--provider kind" pulls any$/,
    );
    expect(said(worse)).toMatch(/^the embedded cluster has nginx, but no tag 1\.99 of it: "kubedrill images"/);
    expect(bad.some((e) => /pull access denied, repository does not exist/.test(e.message))).toBe(true);
    expect(worse.some((e) => /docker\.io\/library\/nginx:1\.99: not found$/.test(e.message))).toBe(true);
  });

  it('say nothing of themselves in a lab', async () => {
    const { kubeconfig } = await user.json<Started>(['start', 'forbidden-deployment']);
    const lab = new Kubectl(user, kubeconfig);
    await lab.run(['run', 'bad', '--image=node:22']);
    expect((await notPulled(lab, 'bad')).map((e) => e.reason)).not.toContain('UnknownImage');
    await user.run(['stop']);
  });

  it('run on the kernel that the Node object names', async () => {
    const { items } = await kubectl.json<{
      items: { metadata: { name: string }; status: { nodeInfo: Record<string, string> } }[];
    }>(['get', 'nodes']);
    const info = items[0]?.status.nodeInfo;
    await kubectl.run(['run', 'box', '--image=nginx:1.29-alpine']);
    await kubectl.run(['wait', '--for=condition=Ready', 'pod/box', '--timeout=60s']);
    expect((await kubectl.run(['exec', 'box', '--', 'uname', '-r'])).trim()).toBe(info?.kernelVersion);
    const on = (command: string) => user.run(['node', 'shell', 'control-plane', '--', 'bash', '-c', command]);
    const { stdout } = await on('uname -r; . /etc/os-release; echo "$PRETTY_NAME"; kubelet --version; crictl version');
    const [kernel, system, kubelet, ...runtime] = stdout.split('\n');
    expect([kernel, system, kubelet]).toEqual([
      info?.kernelVersion,
      info?.osImage,
      `Kubernetes ${info?.kubeletVersion}`,
    ]);
    expect(`containerd://${/RuntimeVersion: +v?(\S+)/.exec(runtime.join('\n'))?.[1]}`).toBe(
      info?.containerRuntimeVersion,
    );
  });
});

describe('nginx in front of a Service', () => {
  it('proxies from conf.d, and the connection test of the stock chart passes', async () => {
    await kubectl.run(['create', 'deployment', 'web', '--image=nginx:1.16.0']);
    await kubectl.run(['expose', 'deployment', 'web', '--port=80']);
    const conf =
      'server { listen 80; location /web/ { proxy_pass http://web/; } location / { return 200 "$hostname\\n"; } }';
    await kubectl.run(['create', 'configmap', 'conf', `--from-literal=default.conf=${conf}`]);
    const pod = {
      ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'proxy', labels: { app: 'proxy' } } },
      spec: {
        containers: [
          { name: 'nginx', image: 'nginx:1.29', volumeMounts: [{ name: 'conf', mountPath: '/etc/nginx/conf.d' }] },
        ],
        volumes: [{ name: 'conf', configMap: { name: 'conf' } }],
      },
    };
    await kubectl.run(['apply', '-f', '-'], { input: JSON.stringify(pod) });
    await kubectl.run(['wait', '--for=condition=Available', 'deploy/web', '--timeout=60s']);
    await kubectl.run(['wait', '--for=condition=Ready', 'pod/proxy', '--timeout=60s']);
    const curl = (path: string) => kubectl.run(['exec', 'proxy', '--', 'curl', '-s', `localhost${path}`]);
    expect(await curl('/')).toBe('proxy\n');
    expect(await curl('/web/')).toContain('Welcome to nginx!');
    // As "helm create" writes it: image, command and arguments.
    const test = { name: 'wget', image: 'busybox', command: ['wget'], args: ['web:80'] };
    const run = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'test' },
      spec: { containers: [test], restartPolicy: 'Never' },
    };
    await kubectl.run(['apply', '-f', '-'], { input: JSON.stringify(run) });
    await kubectl.run(['wait', '--for=jsonpath={.status.phase}=Succeeded', 'pod/test', '--timeout=60s']);
    expect(await kubectl.run(['logs', 'test'])).toContain("'index.html' saved\n");
  });
});
