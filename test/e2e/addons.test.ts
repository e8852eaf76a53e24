import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Kubectl, type Started } from './lab.ts';
import { Sandbox } from './sandbox.ts';

const gateway = `apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: web, namespace: default }
spec: { gatewayClassName: nginx, listeners: [{ name: http, port: 80, protocol: HTTP }] }
`;

let user: Sandbox;
let up: Started;
beforeAll(async () => {
  user = await Sandbox.create();
  up = await user.json<Started>(['cluster', 'up', '--addon', 'gateway-api', '--addon', 'gateway-api']);
});
afterAll(() => user.dispose());

describe('an addon', () => {
  it('is there when the cluster is up', async () => {
    const kubectl = new Kubectl(user, up.kubeconfig);
    expect(await kubectl.run(['get', 'crd', '-o', 'name'])).toContain('/httproutes.gateway.networking.k8s.io\n');
    await kubectl.run(['create', '-f', '-'], { input: gateway });
    expect(await kubectl.run(['get', 'gtw'])).toMatch(/^NAME +CLASS +ADDRESS +PROGRAMMED +AGE\nweb +nginx/);
    expect(await kubectl.run(['explain', 'httproute.spec.rules.matches.path.type'])).toContain('ENUM:');
  });

  it('runs when the cluster is up, where it has Pods', async () => {
    const addons = ['ingress-nginx', 'metrics-server', 'nginx-gateway-fabric'].flatMap((name) => ['--addon', name]);
    const { id, kubeconfig } = await user.json<Started>(['cluster', 'up', '--name', 'edge', ...addons]);
    const kubectl = new Kubectl(user, kubeconfig);
    for (const name of ['ingress-nginx', 'nginx-gateway']) {
      expect(await kubectl.run(['get', 'deploy', '-n', name, '--no-headers'])).toMatch(/ 1\/1 /);
    }
    expect(await kubectl.run(['top', 'node', '--no-headers'])).toMatch(/^\S+ +\d+m +\d+% +\d+Mi +\d+% *\n$/);
    expect(await kubectl.run(['get', 'ingressclass,gatewayclass', '-o', 'name'])).toMatch(/nginx\n[\s\S]*nginx\n/);
    await user.json(['cluster', 'down', id]);
  });

  it('is suggested by its name', async () => {
    const { code, stderr } = await user.run(['cluster', 'up', '--addon', 'gatway-api']);
    expect(stderr).toContain('there is no addon gatway-api\nwhy: did you mean gateway-api?');
    expect(code).toBe(2);
  });

  it('comes to an existing cluster and leaves it again', async () => {
    const { kubeconfig } = await user.json<Started>(['cluster', 'up', '--name', 'existing']);
    const existing = new Kubectl(user, kubeconfig);
    await user.run(['cluster', 'adopt', '--kubeconfig', kubeconfig, '--yes']);
    const borrow = ['cluster', 'up', '--name', 'lent', '--provider', 'kubeconfig', '--kubeconfig', kubeconfig];
    const lent = await user.json<Started>([...borrow, '--addon', 'gateway-api']);
    await new Kubectl(user, lent.kubeconfig).run(['create', '-f', '-'], { input: gateway });
    expect(await existing.run(['get', 'gateways', '-o', 'name'])).toBe('gateway.gateway.networking.k8s.io/web\n');
    await user.json(['cluster', 'down', lent.id]);
    expect(await existing.run(['get', 'crd', '-o', 'name'])).toBe('');
  });

  it('is what a scenario may need', async () => {
    const pack = join(user.folder, 'pack');
    await user.run(['pack', 'new', 'routing', '--pack', pack]);
    writeFileSync(join(pack, 'routing', 'setup', '30-gateway.yaml'), gateway);
    const file = join(pack, 'routing', 'scenario.yaml');
    const written = readFileSync(file, 'utf8');
    const verify = ['pack', 'verify', pack];

    writeFileSync(file, `${written}cluster: { addons: [gateway] }\n`);
    const { code, stderr } = await user.run(verify);
    expect(stderr).toMatch(/scenario\.yaml:\d+:21: expected .*"gateway-api"/);
    expect(code).toBe(2);

    writeFileSync(file, `${written}cluster: { addons: [gateway-api] }\n`);
    expect(await user.run(verify)).toMatchObject({ code: 0 });
  });
});
