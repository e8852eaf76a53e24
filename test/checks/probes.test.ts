import { describe, expect, it } from 'vitest';
import { connectivity } from '../../src/checks/network/connectivity.ts';
import { dns } from '../../src/checks/network/dns.ts';
import type { ClusterView } from '../../src/checks/types.ts';
import { exec } from '../../src/checks/workloads/exec.ts';
import type { ExecResult } from '../../src/kube/exec.ts';
import { swan } from '../helpers/fake-view.ts';
import { ago, judge } from '../helpers/judge.ts';

const from = { workload: 'deployment/api-client', namespace: 'project-swan' };
const result = (more: Partial<ExecResult>): ExecResult => ({
  stdout: '',
  stderr: '',
  exitCode: 0,
  message: '',
  ...more,
});
const answers =
  (more: Partial<ExecResult>): ClusterView['exec'] =>
  async () =>
    result(more);
const starting = swan()
  .replace('type: Ready, status: "True"', 'type: Ready, status: "False"')
  .replace('metadata:\n  name: api-client-1-x', `metadata:\n  creationTimestamp: "${ago(10)}"\n  name: api-client-1-x`);

describe('exec', () => {
  const spec = {
    ...from,
    command: ['cat', '/etc/app.conf'],
    stdout: '^mode=fast$',
    lacks: 'debug',
    shows: 'the fast mode',
  };
  const ask = (more: Partial<ExecResult>, objects = swan()) => judge(exec, spec, { objects, exec: answers(more) });

  it('passes on the output of every Pod, and asks again', async () => {
    expect(await ask({ stdout: '# app\nmode=fast\n' })).toMatchObject({
      status: 'pass',
      expected: 'exit code 0, the fast mode, no debug',
      wakes: [10_000],
    });
    expect(await ask({ stdout: 'mode=fast\nlevel=debug\n' })).toMatchObject({ status: 'fail' });
  });

  it.each([
    ['the exit code is another', { exitCode: 1, stderr: 'cat: no such file' }, 'exit code 1: cat: no such file'],
    ['the output is empty', {}, 'the output is empty'],
    ['the output is another', { stdout: 'mode=slow' }, 'the output is "mode=slow"'],
    [
      'the output is long',
      { stdout: '{\n  "kind": "Status",\n  "code": 403\n}' },
      'the output is { "kind": "Status", "code": 403 }',
    ],
    ['it has what it must not', { stdout: 'mode=fast\nlevel=debug' }, 'the output has debug, which it must not have'],
    [
      'it does not run',
      { exitCode: undefined, message: 'no such container' },
      'the command does not run: no such container',
    ],
  ])('fails where %s', async (_, more, actual) => {
    expect(await ask(more)).toMatchObject({ status: 'fail', actual, why: `in Pod api-client-1-x: ${actual}` });
  });

  it('is pending while a Pod starts, and fails where it never does', async () => {
    expect(await ask({ stdout: 'mode=fast' }, starting)).toMatchObject({ status: 'pending', wakes: [20_000] });
    expect(await ask({ stdout: 'mode=fast' }, '')).toMatchObject({
      status: 'fail',
      why: 'the Deployment api-client does not exist in namespace project-swan',
    });
  });

  it('does not ask a Pod that was smuggled in', async () => {
    const adopted = swan().replace(
      'image: kubectl, command: [sh, -c, loop] }]\nstatus',
      'image: other, command: [sh, -c, loop] }]\nstatus',
    );
    expect(await ask({ stdout: 'mode=fast' }, adopted)).toMatchObject({
      status: 'fail',
      actual: 'nothing to ask from',
    });
  });

  it('rejects where the cluster cannot be asked: the grader makes that an error', async () => {
    const broken = async () => Promise.reject(new Error('no route'));
    await expect(judge(exec, spec, { objects: swan(), exec: broken })).rejects.toThrow('no route');
  });
});

const service = (port = 80) => `
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { clusterIP: 10.96.0.7, clusterIPs: [10.96.0.7], ports: [{ port: ${port} }] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: web-1, namespace: shop, labels: { kubernetes.io/service-name: web } }
endpoints: [{ addresses: [10.244.0.9], conditions: { ready: true } }]
---
`;

const policy = (namespace: string, labels = '{}', direction = 'Egress') => `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: keep, namespace: ${namespace} }
spec: { podSelector: { matchLabels: ${labels} }, policyTypes: [${direction}] }
---
`;

describe('connectivity', () => {
  const to = { service: 'web', namespace: 'shop', port: 80 };
  const tool = (name: string, exit: number, more: Partial<ExecResult> = {}, control = 1) =>
    answers({ ...more, stdout: `${more.stdout ?? ''}\nkubedrill: ${name} control=${control} exit=${exit}\n` });
  const ask = (run: ClusterView['exec'], more: object = {}, objects = swan() + service() + policy('project-swan')) =>
    judge(connectivity, { from, to, ...more }, { objects, exec: run });

  it('fails where the Service has no endpoints, which the API server tells as null', async () => {
    const none = swan() + service().replace(/endpoints: .*/, 'endpoints: null');
    for (const wanted of ['allowed', 'denied'])
      expect(await ask(tool('nc', 1), { expect: wanted }, none)).toMatchObject({
        status: 'fail',
        why: 'the Service web has no ready endpoints: its selector finds no ready Pod',
      });
  });

  it('passes where the connection comes about', async () => {
    expect(await ask(tool('nc', 0))).toMatchObject({ status: 'pass', actual: 'reached', wakes: [10_000] });
  });

  it.each([
    ['refused', tool('nc', 1, { stderr: 'nc: web.shop (10.96.0.7:80): Connection refused' }), 'refused'],
    ['dropped', tool('nc', 1, { stderr: 'nc: web.shop (10.96.0.7:80): Connection timed out' }), 'no answer'],
    ['of an unknown name', tool('nc', 1, { stderr: "nc: bad address 'web.shop'" }), 'the name is unknown'],
  ])('fails where it is %s', async (_, run, actual) => {
    expect(await ask(run)).toMatchObject({ status: 'fail', actual });
    expect(await ask(run, { expect: 'denied' })).toMatchObject({
      status: actual === 'the name is unknown' ? 'fail' : 'pass',
    });
  });

  it('fails where denied was expected and it comes about', async () => {
    expect(await ask(tool('nc', 0), { expect: 'denied' })).toMatchObject({
      status: 'fail',
      why: 'nothing keeps deployment/api-client from Service web:80',
    });
  });

  it('reads the answer of http, by curl and by wget', async () => {
    const http = { protocol: 'http', status: 200, body: 'welcome' };
    expect(await ask(tool('curl', 0, { stdout: 'welcome\n\nstatus=200\n' }), http)).toMatchObject({ status: 'pass' });
    expect(await ask(tool('wget', 0, { stdout: 'welcome' }), http)).toMatchObject({ status: 'pass' });
    expect(
      await ask(tool('wget', 1, { stderr: 'wget: server returned error: HTTP/1.1 404 Not Found' }), http),
    ).toMatchObject({
      status: 'fail',
      actual: 'status 404',
    });
    expect(await ask(tool('curl', 0, { stdout: 'other\n\nstatus=200\n' }), http)).toMatchObject({
      status: 'fail',
      why: 'it answers "other"',
    });
    expect(await ask(tool('curl', 52), { protocol: 'http', expect: 'denied' })).toMatchObject({ status: 'fail' });
  });

  it('does not believe a tool that says yes to everything, a shell that says nothing, nor a container without tools', async () => {
    expect(await ask(tool('nc', 0, {}, 0))).toMatchObject({
      status: 'fail',
      why: 'nc in Pod api-client-1-x says yes to everything',
    });
    expect(await ask(answers({ stdout: '' }))).toMatchObject({ status: 'fail', actual: 'it cannot be tried' });
    expect(await ask(answers({ stdout: 'kubedrill: none\n' }), { expect: 'denied' })).toMatchObject({ status: 'fail' });
    expect(
      await ask(answers({ exitCode: undefined, message: 'no such container' }), { expect: 'denied' }),
    ).toMatchObject({ status: 'fail' });
  });

  it('does not count as denied what nobody offers', async () => {
    const dropped = tool('nc', 1, { stderr: 'timed out' });
    const denied = { expect: 'denied' };
    expect(await ask(dropped, denied, swan())).toMatchObject({
      status: 'fail',
      why: 'there is no Service web in namespace shop',
    });
    expect(await ask(dropped, denied, swan() + service(8080))).toMatchObject({
      status: 'fail',
      why: 'the Service web has no port 80, only 8080',
    });
    const empty = service().replace(
      'endpoints: [{ addresses: [10.244.0.9], conditions: { ready: true } }]',
      'endpoints: []',
    );
    expect(await ask(dropped, denied, swan() + empty)).toMatchObject({
      status: 'fail',
      actual: 'nothing to connect to',
    });
    expect(await ask(dropped, denied, service())).toMatchObject({ status: 'fail', actual: 'nothing to ask from' });
  });

  it('does not count as denied that the server itself is dead', async () => {
    const direct = { to: { workload: 'deployment/api-client', port: 80 }, expect: 'denied' };
    const objects = swan().replace('status:\n  conditions', 'status:\n  podIP: 10.244.0.5\n  conditions');
    const refused = tool('nc', 1, { stderr: 'Connection refused' });
    expect(await ask(refused, direct, objects)).toMatchObject({ status: 'fail', actual: 'nobody listens' });
    const alive: ClusterView['exec'] = async (_, command) =>
      command.includes('127.0.0.1') ? tool('nc', 0)(_, command) : refused(_, command);
    expect(await ask(alive, direct, objects + policy('project-swan'))).toMatchObject({ status: 'pass' });
  });

  it('does not count as denied that nothing answers though no policy has a say', async () => {
    const dropped = tool('nc', 1, { stderr: 'timed out' });
    const server = `
apiVersion: v1
kind: Pod
metadata: { name: web, namespace: shop, labels: { app: web } }
status: { podIP: 10.244.0.9 }
---
`;
    const look = (more: string) => ask(dropped, { expect: 'denied' }, swan() + service() + server + more);
    expect(await look(policy('shop', '{ app: web }', 'Ingress'))).toMatchObject({ status: 'pass' });
    for (const other of [
      '',
      policy('shop', '{ app: web }', 'Egress'),
      policy('shop', '{ app: db }', 'Ingress'),
      policy('project-swan', '{}', 'Ingress'),
    ])
      expect(await look(other)).toMatchObject({ status: 'fail', actual: 'no answer, and no policy' });
  });

  it('asks for a Service by its address as well: a name may mean something else to one Pod', async () => {
    const byName: ClusterView['exec'] = async (target, command) =>
      command.includes('10.96.0.7')
        ? tool('nc', 1, { stderr: 'refused' })(target, command)
        : tool('nc', 0)(target, command);
    expect(await ask(byName)).toMatchObject({ status: 'fail', actual: 'refused' });
  });

  it('wants nobody but the Pods of a workload behind a Service, if that is asked for', async () => {
    const own = swan().replace('status:\n  conditions', 'status:\n  podIP: 10.244.0.9\n  conditions');
    const behind = { to: { ...to, namespace: 'project-swan', behind: 'deployment/api-client' } };
    const here = service().replaceAll('namespace: shop', 'namespace: project-swan');
    expect(await ask(tool('nc', 0), behind, own + here)).toMatchObject({ status: 'pass' });
    const strange = here.replace('addresses: [10.244.0.9]', 'addresses: [10.244.0.9, 10.244.0.7]');
    expect(await ask(tool('nc', 0), behind, own + strange)).toMatchObject({
      status: 'fail',
      why: 'the Service web leads to 10.244.0.7, which is no Pod of the Deployment api-client',
    });
    const second = own
      .slice(own.lastIndexOf('apiVersion: v1\nkind: Pod'))
      .replace('-1-x', '-1-y')
      .replace('0.9', '0.8');
    expect(await ask(tool('nc', 0), behind, own + second + here)).toMatchObject({
      status: 'fail',
      why: 'the Service web does not lead to Pod api-client-1-y of the Deployment api-client',
    });
  });

  it('asks by address for what must be denied, by name for what must be allowed', async () => {
    const asked: string[] = [];
    const note: ClusterView['exec'] = async (target, command) => {
      asked.push(command[4] ?? '');
      return tool('nc', 1, { stderr: 'timed out' })(target, command);
    };
    await ask(note);
    await ask(note, { expect: 'denied' });
    expect(asked).toEqual(['web.shop.svc', '10.96.0.7']);
  });

  it('says what makes no sense', () => {
    const wrong = (more: object) => connectivity.schema.safeParse({ from, to, ...more }).success;
    expect(wrong({ to: { port: 80 } })).toBe(false);
    expect(wrong({ to: { service: 'a', host: 'b', port: 80 } })).toBe(false);
    expect(wrong({ to: { host: 'b', behind: 'deployment/a', port: 80 } })).toBe(false);
    expect(wrong({ status: 200 })).toBe(false);
  });
});

describe('dns', () => {
  const busybox = (...ips: string[]) =>
    `Server:\t\t10.96.0.10\nAddress:\t10.96.0.10:53\n\n${ips.map((ip) => `Name:\tweb.shop.svc.cluster.local\nAddress: ${ip}\n`).join('')}\n`;
  const unknown = "Server:\t\t10.96.0.10\nAddress:\t10.96.0.10:53\n\n** server can't find web: NXDOMAIN\n\n";
  const ask = (more: Partial<ExecResult>, spec: object = {}, objects = swan() + service()) =>
    judge(
      dns,
      { from, name: 'web.shop', ...spec },
      {
        objects,
        exec: async (_, command) => result(command[1]?.endsWith('.invalid.') ? { stdout: unknown, exitCode: 1 } : more),
      },
    );
  const web = { expect: { service: 'web', namespace: 'shop' } };

  it("passes where the name is the Service's address", async () => {
    expect(await ask({ stdout: busybox('10.96.0.7') }, web)).toMatchObject({
      status: 'pass',
      actual: '10.96.0.7',
      wakes: [10_000],
    });
    expect(await ask({ stdout: busybox('10.1.2.3') })).toMatchObject({ status: 'pass' });
  });

  it("passes where a headless Service is its Pods' addresses", async () => {
    const headless = service().replace(
      'clusterIP: 10.96.0.7, clusterIPs: [10.96.0.7]',
      'clusterIP: None, clusterIPs: [None]',
    );
    expect(await ask({ stdout: busybox('10.244.0.9') }, web, swan() + headless)).toMatchObject({ status: 'pass' });
    const none = headless.replace(/endpoints: .*/, 'endpoints: null');
    expect(await ask({ stdout: busybox('10.244.0.9') }, web, swan() + none)).toMatchObject({
      status: 'fail',
      why: 'the Service web has no address of its own and no ready endpoints',
    });
  });

  it.each([
    ['the address is another', { stdout: busybox('10.1.2.3') }, '10.1.2.3'],
    ['one address too many comes', { stdout: busybox('10.96.0.7', '10.1.2.3') }, '10.96.0.7, 10.1.2.3'],
    ['the name is unknown', { stdout: unknown, exitCode: 1 }, 'unknown name'],
    ['nobody answers', { stdout: ';; connection timed out; no servers could be reached', exitCode: 1 }, 'no answer'],
    [
      'there is no nslookup',
      { stderr: 'exec: "nslookup": executable file not found in $PATH', exitCode: 126 },
      'it cannot be asked',
    ],
    ['the command does not run', { exitCode: undefined, message: 'gone' }, 'it cannot be asked'],
  ])('fails where %s', async (_, more, actual) => {
    expect(await ask(more, web)).toMatchObject({ status: 'fail', actual });
  });

  it('expects unknown names: an answer, not silence', async () => {
    expect(await ask({ stdout: unknown, exitCode: 1 }, { expect: 'unknown' })).toMatchObject({ status: 'pass' });
    expect(await ask({ stdout: busybox('10.96.0.7') }, { expect: 'unknown' })).toMatchObject({ status: 'fail' });
    expect(await ask({ stdout: ';; connection timed out', exitCode: 1 }, { expect: 'unknown' })).toMatchObject({
      status: 'fail',
    });
    expect(await ask({ stderr: 'nslookup: not found', exitCode: 127 }, { expect: 'unknown' })).toMatchObject({
      status: 'fail',
    });
  });

  it('does not believe a tool that knows every name', async () => {
    const fake = answers({ stdout: busybox('10.96.0.7') });
    expect(
      await judge(dns, { from, name: 'web.shop', ...web }, { objects: swan() + service(), exec: fake }),
    ).toMatchObject({ status: 'fail', actual: 'any name has an address' });
  });

  it("expects the Pods of a workload, not whatever a Service's slices say", async () => {
    const objects = swan().replace('status:\n  conditions', 'status:\n  podIP: 10.244.0.5\n  conditions') + service();
    const pods = { expect: { workload: 'deployment/api-client', namespace: 'project-swan' } };
    expect(await ask({ stdout: busybox('10.244.0.5') }, pods, objects)).toMatchObject({ status: 'pass' });
    for (const ips of [['10.244.0.9'], ['10.244.0.5', '10.244.0.9']])
      expect(await ask({ stdout: busybox(...ips) }, pods, objects)).toMatchObject({ status: 'fail' });
    const other = { expect: { workload: 'pod/none', namespace: 'project-swan' } };
    expect(await ask({ stdout: busybox('10.244.0.5') }, other, objects)).toMatchObject({
      status: 'fail',
      why: 'the Pod none has no ready Pods',
    });
  });

  it('fails where the Service is not there, is pending while the Pod starts', async () => {
    expect(await ask({ stdout: busybox('10.96.0.7') }, web, swan())).toMatchObject({
      status: 'fail',
      actual: 'nothing to resolve to',
    });
    expect(await ask({}, web, starting)).toMatchObject({ status: 'pending' });
  });
});
