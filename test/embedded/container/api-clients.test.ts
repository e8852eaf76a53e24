import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ApiDouble, failure, serviceAccount } from './api-double.ts';
import { type Result, testRuntime } from './helpers.ts';

const api = new ApiDouble();
await api.listen();
const { runtime, sh } = testRuntime(api.network());
afterAll(async () => {
  await runtime.dispose();
  await api.close();
});

const account = serviceAccount(api.ca);
const inPod = (script: string, image = 'bitnami/kubectl'): Promise<Result> => sh(script, { image, ...account });
const forbidden =
  'pods is forbidden: User "system:serviceaccount:project-swan:default" cannot list resource "pods" in API group "" in the namespace "project-swan"';

const columns = [
  { name: 'Name', priority: 0 },
  { name: 'Ready', priority: 0 },
  { name: 'IP', priority: 1 },
];
const pod = (name: string, labels: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'project-swan', labels, managedFields: [{ manager: 'x' }] },
  spec: { containers: [{ name: 'c', image: 'nginx' }] },
});
const pods = [pod('a', { app: 'web' }), pod('longer-name')];

beforeAll(() => {
  api.answer(({ path, headers, query }) => {
    if (headers.authorization === 'Bearer bad') return failure(401, 'Unauthorized', 'Unauthorized');
    if (path === '/api/v1/namespaces/project-swan/pods') {
      const chosen =
        query.get('labelSelector') === 'app=web' ? pods.slice(0, 1) : query.get('labelSelector') ? [] : pods;
      if (!String(headers.accept).includes('as=Table'))
        return { body: { kind: 'PodList', apiVersion: 'v1', metadata: {}, items: chosen } };
      const rows = chosen.map((p) => ({
        cells: [p.metadata.name, '1/1', '10.0.0.1'],
        object: { metadata: p.metadata },
      }));
      return { body: { kind: 'Table', apiVersion: 'meta.k8s.io/v1', metadata: {}, columnDefinitions: columns, rows } };
    }
    if (path === '/api/v1/namespaces/project-swan/pods/a') return { body: pods[0] };
    if (path === '/api/v1/namespaces/project-swan/pods/nope')
      return failure(404, 'NotFound', 'pods "nope" not found', { name: 'nope', kind: 'pods' });
    if (path === '/api/v1/namespaces/other/pods') return failure(403, 'Forbidden', forbidden, { kind: 'pods' });
    if (path === '/api/v1/nodes') return failure(403, 'Forbidden', 'nodes is forbidden', { kind: 'nodes' });
    if (path === '/version') return { body: { major: '1', minor: '35', gitVersion: 'v1.35.4' } };
    if (path === '/redirect') return { status: 302, headers: { location: '/version' }, body: '' };
    return undefined;
  });
});

describe('curl', () => {
  const curl = (args: string) => inPod(`cd /var/run/secrets/kubernetes.io/serviceaccount; curl ${args}`);

  it('calls the API with the mounted credentials', async () => {
    const { out, code } = await curl(
      '-s --cacert ca.crt -H "Authorization: Bearer $(cat token)" https://kubernetes.default.svc/api/v1/namespaces/other/pods',
    );
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ kind: 'Status', reason: 'Forbidden', code: 403 });
    expect(api.seen.at(-1)?.headers).toMatchObject({
      authorization: 'Bearer good-token',
      host: 'kubernetes.default.svc',
      'user-agent': 'curl/7.88.1',
    });
  });

  it('trusts nobody without --cacert, and everybody with -k', async () => {
    const strict = await curl('-sS https://kubernetes.default.svc/version');
    expect(strict.code).toBe(60);
    expect(strict.err).toMatch(
      /^curl: \(60\) SSL certificate problem: unable to get local issuer certificate\nMore details here: /,
    );
    expect(await curl("-sk -o /dev/null -w '%{http_code}' https://kubernetes.default.svc/version")).toEqual({
      out: '200',
      err: '',
      code: 0,
    });
  });

  it('looks at the name in the certificate', async () => {
    const { code, err } = await curl('-sS --cacert ca.crt --resolve example.com:443:10.96.0.1 https://example.com/');
    expect([code, err.split('\n')[0]]).toEqual([
      60,
      "curl: (60) SSL: no alternative certificate subject name matches target host name 'example.com'",
    ]);
  });

  it('has its exit codes and words', async () => {
    expect(await curl('-sS http://nope.example/')).toMatchObject({
      code: 6,
      err: 'curl: (6) Could not resolve host: nope.example\n',
    });
    expect(await curl('-sS http://10.1.1.1:81/')).toMatchObject({
      code: 7,
      err: expect.stringMatching(
        /^curl: \(7\) Failed to connect to 10\.1\.1\.1 port 81 after \d+ ms: Could not connect to server\n$/,
      ),
    });
    expect(await curl('-sS --connect-timeout 0.05 http://10.99.99.99/')).toMatchObject({
      code: 28,
      err: expect.stringMatching(/^curl: \(28\) Connection timed out after \d+ milliseconds\n$/),
    });
    expect(await curl('-sS -m 0.05 http://10.99.99.99/')).toMatchObject({ code: 28 });
    expect(await curl('-sSkf https://kubernetes.default.svc/api/v1/nodes')).toEqual({
      out: '',
      err: 'curl: (22) The requested URL returned error: 403\n',
      code: 22,
    });
    expect(await curl('--nope')).toMatchObject({ code: 2, err: expect.stringContaining('option --nope: is unknown') });
  });

  it('sends what it is told', async () => {
    await curl(
      `-sk -X PATCH -H 'Content-Type: application/merge-patch+json' -d '{"a":1}' https://kubernetes.default.svc/x`,
    );
    expect(api.seen.at(-1)).toMatchObject({ method: 'PATCH', path: '/x', body: '{"a":1}' });
    await curl('-sk -G -d a=1 --data-urlencode "b=x y" https://kubernetes.default.svc/y -u me:secret');
    expect(api.seen.at(-1)).toMatchObject({
      method: 'GET',
      path: '/y',
      headers: { authorization: `Basic ${Buffer.from('me:secret').toString('base64')}` },
    });
    expect(api.seen.at(-1)?.query.toString()).toBe('a=1&b=x+y');
  });

  it('follows redirects, shows headers, and what it does', async () => {
    expect((await curl('-skL https://kubernetes.default.svc/redirect')).out).toContain('v1.35.4');
    expect((await curl('-skI https://kubernetes.default.svc/version')).out).toMatch(
      /^HTTP\/1\.1 200 OK\r\ncontent-type: application\/json\r\n/,
    );
    const { err } = await curl('-skv https://kubernetes.default.svc/version -o /dev/null');
    expect(err).toMatch(/\* {3}Trying 10\.96\.0\.1:443\.\.\.\n/);
    expect(err).toMatch(/> GET \/version HTTP\/1\.1\n> Host: kubernetes\.default\.svc\n/);
    expect(err).toMatch(/< HTTP\/1\.1 200 OK\n/);
  });
});

describe('kubectl', () => {
  it('prints tables as the server made them', async () => {
    expect(await inPod('kubectl get pods')).toEqual({
      out: 'NAME          READY\na             1/1\nlonger-name   1/1\n',
      err: '',
      code: 0,
    });
    expect((await inPod('kubectl get po -o wide --no-headers')).out).toBe(
      'a             1/1   10.0.0.1\nlonger-name   1/1   10.0.0.1\n',
    );
    expect((await inPod('kubectl get pods --show-labels -l app=web')).out).toBe(
      'NAME   READY   LABELS\na      1/1     app=web\n',
    );
  });

  it.each([
    ["-o jsonpath='{.items[?(@.metadata.name==1)]}'", 'incompatible types for comparison'],
    ["-o jsonpath='{.items[9]}'", 'array index out of bounds: index 9, length 2'],
    ["-o jsonpath='{.items[0}'", 'error parsing jsonpath {.items[0}, unterminated array'],
    ['-o custom-columns=N:.spec.containers[1].name', 'error: array index out of bounds: index 1, length 1'],
    ['-o custom-columns=N:.spec[x]', 'error: invalid array index x'],
    ['--sort-by={.spec.containers[x]}', 'error: invalid array index x'],
  ])('says what is wrong with a path, as client-go does: %s', async (flags, message) => {
    const { out, err, code } = await inPod(`kubectl get pods ${flags}`);
    expect({ out, code }).toEqual({ out: '', code: 1 });
    expect(err).toContain(message);
  });

  it('prints names, JSON, YAML, paths and columns', async () => {
    expect((await inPod('kubectl get pods -o name')).out).toBe('pod/a\npod/longer-name\n');
    expect((await inPod('kubectl get pods -o jsonpath=\'{range .items[*]}{.metadata.name}{"\\n"}{end}\'')).out).toBe(
      'a\nlonger-name\n',
    );
    expect(
      (await inPod('kubectl get pods -o jsonpath=\'{.items[?(@.metadata.name=="a")].spec.containers[0].image}\'')).out,
    ).toBe('nginx');
    expect((await inPod('kubectl get pods -o custom-columns=N:.metadata.name,L:.metadata.labels.app')).out).toBe(
      'N             L\na             web\nlonger-name   <none>\n',
    );
    expect((await inPod("kubectl get pods -o jsonpath-as-json='{.items[*].metadata.name}'")).out).toBe(
      '[\n    "a",\n    "longer-name"\n]\n',
    );
    expect((await inPod('kubectl get pods --sort-by={.metadata.none} -o name')).out).toBe('pod/a\npod/longer-name\n');
    expect((await inPod('kubectl get pod a -o yaml')).out).toBe(
      'apiVersion: v1\nkind: Pod\nmetadata:\n  labels:\n    app: web\n  name: a\n  namespace: project-swan\nspec:\n  containers:\n  - image: nginx\n    name: c\n',
    );
    expect(JSON.parse((await inPod('kubectl get pods -o json')).out)).toMatchObject({
      kind: 'List',
      items: [{ kind: 'Pod' }, { kind: 'Pod' }],
    });
  });

  it('tells a 401 by what it asked for when it got it', async () => {
    const asked = 'the server has asked for the client to provide credentials';
    const log = `E\\d{4} [\\d:.]+ +\\d+ memcache\\.go:265\\] "Unhandled Error" err="couldn't get current server API group list: ${asked}"\n`;
    const refused = `error: You must be logged in to the server \\(${asked}\\)\n`;
    const err = async (script: string) => (await inPod(script)).err;
    expect(await err('kubectl get pods --token=bad')).toMatch(new RegExp(`^(${log}){5}${refused}$`));
    expect(await err('kubectl api-resources --token=bad')).toMatch(new RegExp(`^(${log}){1}${refused}$`));
    expect(await err('kubectl version --token=bad')).toMatch(new RegExp(`^${refused}$`));
    // Once it knows what the server has, it is the object that is refused.
    expect(await err('kubectl get pods >/dev/null; kubectl get pods --token=bad')).toBe(
      'error: You must be logged in to the server (Unauthorized)\n',
    );
    expect(await err('kubectl auth can-i list pods --token=bad')).toMatch(
      new RegExp(
        `^(${log}){2}Warning: the server doesn't have a resource type 'pods'\n\nerror: You must be logged in to the server \\(Unauthorized\\)\n$`,
      ),
    );
    expect(await err('kubectl get pods >/dev/null; kubectl create configmap x --token=bad')).toBe(
      'error: failed to create configmap: Unauthorized\n',
    );
  });

  it('says what went wrong in its own words', async () => {
    const err = async (args: string) => {
      const result = await inPod(`kubectl ${args}`);
      expect(result.code).toBe(1);
      return result.err;
    };
    expect(await err('get pods -n other')).toBe(`Error from server (Forbidden): ${forbidden}\n`);
    expect(await err('get pod nope')).toBe('Error from server (NotFound): pods "nope" not found\n');
    expect(await err('get foo')).toBe('error: the server doesn\'t have a resource type "foo"\n');
    expect(await err('get pods -s http://localhost:8080')).toMatch(
      /^(E\d{4} [\d:.]+ +\d+ memcache\.go:265\] "Unhandled Error" err="couldn't get current server API group list: Get \\"http:\/\/localhost:8080\/api\?timeout=32s\\": dial tcp \[::1\]:8080: connect: connection refused"\n){5}The connection to the server localhost:8080 was refused - did you specify the right host or port\?\n$/,
    );
    expect(await err('get pods --certificate-authority=/etc/passwd')).toMatch(
      /Unable to connect to the server: tls: failed to verify certificate: x509: certificate signed by unknown authority\n$/,
    );
    expect(await err('get pods --nope')).toBe("error: unknown flag: --nope\nSee 'kubectl get --help' for usage.\n");
    expect(await err('nope')).toBe('error: unknown command "nope" for "kubectl"\n');
  });

  it('says that nothing was found', async () => {
    expect(await inPod('kubectl get pods -l app=none')).toEqual({
      out: '',
      err: 'No resources found in project-swan namespace.\n',
      code: 0,
    });
  });

  it('asks nobody when there is neither a kubeconfig nor a token', async () => {
    expect((await sh('kubectl get pods', { image: 'bitnami/kubectl', env: account.env })).err).toMatch(
      /The connection to the server localhost:8080 was refused/,
    );
  });

  it('uses a kubeconfig', async () => {
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'c',
      contexts: [{ name: 'c', context: { cluster: 'k', user: 'u', namespace: 'other' } }],
      clusters: [
        {
          name: 'k',
          cluster: {
            server: 'https://kubernetes.default.svc',
            'certificate-authority-data': Buffer.from(api.ca).toString('base64'),
          },
        },
      ],
      users: [{ name: 'u', user: { token: 'mine' } }],
    };
    const { err } = await inPod(`echo '${JSON.stringify(config)}' >/tmp/c; KUBECONFIG=/tmp/c kubectl get pods`);
    expect(err).toBe(`Error from server (Forbidden): ${forbidden}\n`);
    expect(api.seen.at(-1)?.headers.authorization).toBe('Bearer mine');
    const lost = JSON.stringify({ ...config, 'current-context': 'lost' });
    // As recorded in transcripts/kubeconfig.yaml.
    expect((await inPod(`echo '${lost}' >/tmp/c; KUBECONFIG=/tmp/c kubectl get pods`)).err).toBe(
      'Error in configuration: context was not found for specified context: lost\n',
    );
  });

  it('creates, patches and labels', async () => {
    api.answer(({ method, path, body }) => {
      if (method === 'POST' || method === 'PATCH')
        return {
          body: { ...JSON.parse(body), metadata: { name: 'x', resourceVersion: '2', ...JSON.parse(body).metadata } },
        };
      if (path.endsWith('/configmaps/x'))
        return { body: { kind: 'ConfigMap', metadata: { name: 'x', resourceVersion: '1', labels: { old: 'y' } } } };
      return undefined;
    });
    expect((await inPod('kubectl create configmap x --from-literal=a=b')).out).toBe('configmap/x created\n');
    expect(api.seen.at(-1)).toMatchObject({ method: 'POST', path: '/api/v1/namespaces/project-swan/configmaps' });
    expect(JSON.parse(api.seen.at(-1)?.body ?? '')).toMatchObject({ data: { a: 'b' } });
    expect((await inPod(`kubectl patch cm x -p '{"data":{"a":"c"}}' --type=merge`)).out).toBe('configmap/x patched\n');
    expect(api.seen.at(-1)?.headers['content-type']).toBe('application/merge-patch+json');
    expect((await inPod('kubectl label cm x new=z old-')).out).toBe('configmap/x labeled\n');
    expect(JSON.parse(api.seen.at(-1)?.body ?? '')).toEqual({ metadata: { labels: { new: 'z', old: null } } });
    const applied = await inPod(
      'printf "apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: x}\\ndata: {a: b}\\n" | kubectl apply -f -',
    );
    expect(applied.out).toBe('configmap/x configured\n');
  });
});

describe('servers', () => {
  it('answer to other containers of their Pod, and to the world outside', async () => {
    const container = await runtime.start({
      id: 'web/c/0',
      image: 'nginx:1.27',
      env: [],
      mounts: [],
      hostname: 'web',
      pod: {
        name: 'web',
        namespace: 'default',
        uid: 'web',
        ip: '10.244.0.9',
        nodeName: 'n',
        serviceAccountName: 'default',
      },
      stdin: false,
      tty: false,
      terminationMessagePath: '/dev/termination-log',
    });
    await vi.waitFor(() => expect(runtime.listening('web', 80)).toBe(true), { timeout: 10_000 });
    const exec = container.exec({ command: ['curl', '-s', 'http://localhost'], stdin: false, tty: false });
    let page = '';
    for await (const chunk of exec.stdout) page += String(chunk);
    expect(page).toContain('<title>Welcome to nginx!</title>');
    expect(runtime.listening('web', 81)).toBe(false);
    const socket = await runtime.connect('web', 80);
    socket.end('GET /none HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    let answer = '';
    for await (const chunk of socket) answer += String(chunk);
    expect(answer).toMatch(/^HTTP\/1\.1 404 Not Found\r\nServer: nginx/);
    await expect(runtime.connect('web', 81)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    container.kill('SIGQUIT');
    expect((await container.exited).exitCode).toBe(0);
    expect(runtime.listening('web', 80)).toBe(false);
  });
});
