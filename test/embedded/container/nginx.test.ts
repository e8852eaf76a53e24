import { generateKeyPairSync } from 'node:crypto';
import { afterAll, describe, expect, it } from 'vitest';
import type { ContainerSpec } from '../../../src/embedded/container-api.ts';
import { createCertificate, type Issuer } from '../../../src/embedded/pki/certificate.ts';
import { collect, emptyNetwork, follow, specOf, testRuntime } from './helpers.ts';

/** Two Services: `web` leads to whatever listens in the Pod that asks, `empty` to nobody. */
const services: Record<string, string> = {
  'web.default.svc.cluster.local': '10.96.0.8',
  'empty.default.svc.cluster.local': '10.96.0.9',
};
const podUids = new Map<string, string>();
const network = emptyNetwork({
  records: async ({ name }) => {
    const address = services[name];
    return address === undefined
      ? { code: 'NXDOMAIN', records: [] }
      : { code: 'NOERROR', records: [{ name, type: 'A', ttl: 5, data: address }] };
  },
  route: async (_, { address, port }) =>
    address === '10.96.0.8'
      ? { kind: 'container', podUid: podUids.get('web') ?? '', port: 80, from: '10.244.0.1' }
      : address === '10.96.0.10' && port === 53
        ? { kind: 'container', podUid: podUids.get('dns') ?? '', port: 53, from: '10.244.0.1' }
        : { kind: 'refused' },
});
const { runtime } = testRuntime(network);
afterAll(() => runtime.dispose());

const encode = (text: string) => ({ content: new TextEncoder().encode(text), mode: 0o644 });
const filesAt = (mountPath: string, files: Record<string, string>) => ({
  mountPath,
  readOnly: true,
  volume: {
    kind: 'files' as const,
    id: mountPath,
    files: Object.fromEntries(Object.entries(files).map(([name, text]) => [name, encode(text)])),
  },
});

async function start(overrides: Partial<ContainerSpec> & { image?: string } = {}) {
  const { image = 'nginx:1.29', ...rest } = overrides;
  const spec = specOf(image, rest);
  const container = await runtime.start(spec);
  const output = follow(container);
  const sh = async (command: string) =>
    collect(container.exec({ command: ['sh', '-c', command], stdin: false, tty: false }));
  return { spec, container, output, sh, uid: spec.pod.uid };
}

/** nginx with a configuration of its own in conf.d. */
async function serving(conf: string, overrides: Partial<ContainerSpec> & { image?: string } = {}) {
  const server = await start({
    ...overrides,
    mounts: [filesAt('/etc/nginx/conf.d', { 'default.conf': conf }), ...(overrides.mounts ?? [])],
  });
  await server.output.until(/start worker process \d+/);
  const curl = async (args: string) => (await server.sh(`curl -s ${args}`)).out;
  return { ...server, curl };
}

/** What nginx says of a configuration before it ends. */
async function refused(conf: string): Promise<string> {
  const { output } = await start({ mounts: [filesAt('/etc/nginx/conf.d', { 'default.conf': conf })] });
  const { err, code } = await output.result;
  expect(code).toBe(1);
  const [, first = ''] = /^nginx: \[emerg\] (.*)$/m.exec(err) ?? [];
  // To its log as well.
  expect(err).toMatch(/^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d \[emerg\] \d+#\d+: /m);
  return first;
}

describe('nginx as the image starts it', () => {
  it('configures itself, says so, and serves its page', async () => {
    const { output, sh, container } = await start();
    await output.until(/start worker process \d+/);
    const printed = await output.until(/ready for start up/);
    expect(printed).toContain(
      '/docker-entrypoint.sh: /docker-entrypoint.d/ is not empty, will attempt to perform configuration\n',
    );
    expect(printed).toContain(
      '10-listen-on-ipv6-by-default.sh: info: Enabled listen on IPv6 in /etc/nginx/conf.d/default.conf\n',
    );
    expect(printed).toMatch(/\[notice\] 1#1: nginx\/1\.29\.\d+\n/);
    const { out } = await sh('curl -si localhost');
    expect(out).toMatch(
      /^HTTP\/1\.1 200 OK\r\nServer: nginx\/1\.29\.\d+\r\nDate: .*\r\nContent-Type: text\/html\r\nContent-Length: \d+\r\nLast-Modified: .*\r\n/,
    );
    await output.until(/^127\.0\.0\.1 - - \[.*\] "GET \/ HTTP\/1\.1" 200 \d+ "-" "curl\/[\d.]+" "-"$/m);
    expect((await sh('curl -s localhost/nope')).out).toContain('<center><h1>404 Not Found</h1></center>');
    await output.until(
      /\[error\] \d+#\d+: \*\d+ open\(\) "\/usr\/share\/nginx\/html\/nope" failed \(2: No such file or directory\), client: 127\.0\.0\.1, server: localhost, request: "GET \/nope HTTP\/1\.1", host: "localhost"/,
    );
    container.kill('SIGQUIT');
    expect((await output.result).code).toBe(0);
  });

  it('ends where its folders can not be written', async () => {
    const { output } = await start({ securityContext: { readOnlyRootFilesystem: true } });
    const { err, out, code } = await output.result;
    expect(code).toBe(1);
    expect(out + err).toContain('can not modify /etc/nginx/conf.d/default.conf (read-only file system?)');
    expect(err).toContain('nginx: [emerg] mkdir() "/var/cache/nginx/client_temp" failed (30: Read-only file system)');
  });

  it('needs root, but for the image that does not', async () => {
    const { output } = await start({ securityContext: { runAsUser: 101 } });
    const { err } = await output.result;
    expect(err).toContain(
      'nginx: [warn] the "user" directive makes sense only if the master process runs with super-user privileges, ignored in /etc/nginx/nginx.conf:2',
    );
    expect(err).toContain('nginx: [emerg] mkdir() "/var/cache/nginx/client_temp" failed (13: Permission denied)');
    const plain = await start({ image: 'nginxinc/nginx-unprivileged:1.29-alpine' });
    await plain.output.until(/start worker process \d+/);
    expect((await plain.sh('id -u; wget -qO- localhost:8080 | grep -c Welcome')).out).toBe('101\n2\n');
  });

  it('fills in templates from the environment', async () => {
    const { output, sh } = await start({
      env: [{ name: 'GREETING', value: 'hello' }],
      mounts: [
        filesAt('/etc/nginx/templates', {
          // biome-ignore lint/suspicious/noTemplateCurlyInString: filled in by envsubst
          'x.conf.template': 'server { listen 81; return 200 "${GREETING} $hostname\\n"; }',
        }),
      ],
    });
    await output.until(/start worker process \d+/);
    expect(await output.until(/envsubst/)).toContain(
      '20-envsubst-on-templates.sh: Running envsubst on /etc/nginx/templates/x.conf.template to /etc/nginx/conf.d/x.conf',
    );
    expect((await sh('curl -s localhost:81')).out).toBe('hello box\n');
  });
});

describe('variables and locations', () => {
  it('fill in what a request is', async () => {
    const { curl } = await serving(
      `
      map $http_x_color $shade { default none; blue dark; ~^gr light; }
      server {
        listen 80; server_name _;
        location = /vars { return 200 "$hostname|$host|$uri|$request_uri|$args|$arg_a|$http_x_color|$shade|$remote_addr|$server_port|$scheme|$request_method|$is_args\\n"; }
        location / { default_type text/plain; return 200 "\${uri}x $nosuch_is_not_here\\n"; }
      }`.replace(' $nosuch_is_not_here', ''),
    );
    expect(await curl(`-H 'Host: Shop.example:8080' -H 'X-Color: green' 'localhost/vars?a=1&b=2'`)).toBe(
      'box|shop.example|/vars|/vars?a=1&b=2|a=1&b=2|1|green|light|127.0.0.1|80|http|GET|?\n',
    );
    expect(await curl('-i localhost/other')).toMatch(/Content-Type: text\/plain\r\n[\s\S]*\r\n\r\n\/otherx\n$/);
  });

  it('are chosen by nginx’ precedence', async () => {
    const { curl } = await serving(`
      server {
        listen 80;
        location = /a { return 200 exact; }
        location /a { return 200 prefix; }
        location ^~ /static/ { return 200 final; }
        location ~ \\.PHP$ { return 200 case; }
        location ~* \\.(php|txt)$ { return 200 $1; }
        location ~ ^/users/(?<id>\\d+)$ { return 200 user-$id; }
        location / { return 200 root; }
      }`);
    const paths = ['/a', '/ab', '/static/x.php', '/x.PHP', '/x.pHp', '/users/42', '/b', '/a/y.txt'];
    const answers = await Promise.all(paths.map((path) => curl(`localhost${path}`)));
    expect(answers).toEqual(['exact', 'prefix', 'final', 'case', 'pHp', 'user-42', 'root', 'txt']);
  });

  it('serve files as root, alias, index, try_files and autoindex say', async () => {
    const { curl, sh } = await serving(`
      server {
        listen 80; root /srv;
        location /docs/ { alias /opt/docs/; autoindex on; }
        location /app { try_files $uri $uri/ /app/index.html; }
        location /gone { try_files $uri =410; }
        location /named { try_files $uri @fallback; }
        location @fallback { return 200 "fallback for $uri"; }
        location /old { rewrite ^/old/(.*)$ /new/$1 permanent; }
        location /deep { rewrite ^/deep/(.*)$ /app/$1 last; }
        error_page 404 /404.html;
        location = /404.html { internal; }
      }`);
    await sh(
      'mkdir -p /srv/app/dir /opt/docs/sub; echo app >/srv/app/index.html; echo one >/srv/app/one.txt; echo d >/opt/docs/d.txt; echo sorry >/srv/404.html',
    );
    expect(await curl('localhost/docs/d.txt')).toBe('d\n');
    expect(await curl('localhost/docs/')).toMatch(
      /<h1>Index of \/docs\/<\/h1><hr><pre><a href="..\/">..\/<\/a>\r\n<a href="sub\/">sub\/<\/a> {46,}.* -\r\n<a href="d.txt">d.txt<\/a> .* 2\r\n/,
    );
    expect(await curl('localhost/app/one.txt')).toBe('one\n');
    expect(await curl('localhost/app/client/route')).toBe('app\n');
    expect(await curl('localhost/deep/one.txt')).toBe('one\n');
    expect(await curl(`-o /dev/null -w '%{http_code}' localhost/gone/x`)).toBe('410');
    expect(await curl('localhost/named/x')).toBe('fallback for /named/x');
    expect(await curl('-i localhost/old/x?y=1')).toMatch(
      /^HTTP\/1\.1 301 Moved Permanently[\s\S]*Location: http:\/\/localhost\/new\/x\?y=1\r\n/,
    );
    expect(await curl('-i localhost/nothing')).toMatch(/^HTTP\/1\.1 404 Not Found[\s\S]*sorry\n$/);
    expect(await curl('-i localhost/app/dir')).toMatch(
      /^HTTP\/1\.1 301 [\s\S]*Location: http:\/\/localhost\/app\/dir\/\r\n/,
    );
    expect(await curl(`-o /dev/null -w '%{http_code}' localhost/404.html`)).toBe('404');
    expect(await curl(`-o /dev/null -w '%{http_code}' -X POST localhost/app/one.txt`)).toBe('405');
  });

  it('judge with if and set, add headers, and keep out whom they should', async () => {
    const { curl, sh } = await serving(`
      server {
        listen 80 default_server; add_header X-Server outer;
        set $color green;
        if ($http_x_canary = "yes") { set $color blue; }
        location / { add_header X-Color $color always; return 200 $color; }
        location /post { if ($request_method !~ ^(GET|HEAD)$) { return 405; } return 200 ok; }
        location /private { auth_basic "Staff"; auth_basic_user_file /tmp/htpasswd; return 200 never; }
        location /secret { auth_basic "Staff"; auth_basic_user_file /tmp/htpasswd; root /srv; }
        location /denied { deny 127.0.0.1; allow all; root /srv; }
        location /status { stub_status; }
      }
      server { listen 80; server_name *.shop.example; return 200 shop; }`);
    expect(await curl('localhost')).toBe('green');
    expect(await curl(`-i -H 'X-Canary: yes' localhost`)).toMatch(/X-Color: blue\r\n[\s\S]*blue$/);
    expect(await curl('-i localhost')).not.toContain('X-Server');
    expect(await curl(`-o /dev/null -w '%{http_code}' -X PUT localhost/post`)).toBe('405');
    expect(await curl(`-H 'Host: eu.shop.example' localhost`)).toBe('shop');
    // From "openssl passwd -apr1 -salt abcdefgh secret".
    await sh(
      `mkdir -p /srv/secret; echo in >/srv/secret/index.html; echo 'jane:$apr1$abcdefgh$h9FWgUz3n9YxylKLlR5SQ/' >/tmp/htpasswd; echo 'jim:$apr1$xy$IAoav9jLpxZmHK9X26CJR1' >>/tmp/htpasswd; echo 'joe:{PLAIN}pw' >>/tmp/htpasswd`,
    );
    expect(await curl('-i localhost/secret/')).toMatch(
      /^HTTP\/1\.1 401 Unauthorized[\s\S]*WWW-Authenticate: Basic realm="Staff"/,
    );
    expect(await curl('-u joe:pw localhost/secret/')).toBe('in\n');
    expect(await curl('-u jane:secret localhost/secret/')).toBe('in\n');
    expect(await curl(`-u 'jim:a much longer password than sixteen' localhost/secret/`)).toBe('in\n');
    expect(await curl(`-o /dev/null -w '%{http_code}' -u joe:wrong localhost/secret/`)).toBe('401');
    expect(await curl(`-o /dev/null -w '%{http_code}' localhost/denied/`)).toBe('403');
    expect(await curl('localhost/status')).toMatch(
      /^Active connections: \d+ \nserver accepts handled requests\n \d+ \d+ \d+ \nReading: 0 Writing: 1 Waiting: \d+ \n$/,
    );
  });
});

describe('proxy and upstreams', () => {
  it('hand requests on, by weight, and to a backup where the others are gone', async () => {
    const { curl, output } = await serving(`
      upstream pool { server 127.0.0.1:8001 weight=3; server 127.0.0.1:8002; }
      upstream fallback { server 127.0.0.1:9999 max_fails=1; server 127.0.0.1:8002 backup; }
      server { listen 8001; return 200 "one $request_uri $http_host $http_x_real_ip\\n"; }
      server { listen 8002; return 200 "two $request_uri $http_host $http_x_real_ip\\n"; }
      server {
        listen 80;
        location / { proxy_pass http://pool; }
        location /api/ { proxy_pass http://127.0.0.1:8001/v1/; proxy_set_header Host $host; proxy_set_header X-Real-IP $remote_addr; }
        location /safe { proxy_pass http://fallback; }
        location /dead { proxy_pass http://127.0.0.1:9999; }
      }`);
    const four = await Promise.all([1, 2, 3, 4].map(() => curl('localhost/x')));
    expect(four.map((line) => line.slice(0, 3)).sort()).toEqual(['one', 'one', 'one', 'two']);
    expect(four[0]).toMatch(/ \/x pool \n$/);
    expect(await curl('localhost/api/users?q=1')).toBe('one /v1/users?q=1 localhost 127.0.0.1\n');
    expect(await curl('localhost/safe')).toMatch(/^two/);
    expect(await curl(`-o /dev/null -w '%{http_code}' localhost/dead`)).toBe('502');
    await output.until(
      /\[error\] \d+#\d+: \*\d+ connect\(\) failed \(111: Connection refused\) while connecting to upstream, client: 127\.0\.0\.1, server: , request: "GET \/dead HTTP\/1\.1", upstream: "http:\/\/127\.0\.0\.1:9999\/dead", host: "localhost"/,
    );
    expect(await curl('-i localhost/api')).toMatch(/^HTTP\/1\.1 301 [\s\S]*Location: http:\/\/localhost\/api\/\r\n/);
  });

  it('need a resolver for names that are known only when a request comes', async () => {
    const { curl, output } = await serving(`
      server { listen 80; location / { set $to web.default.svc.cluster.local; proxy_pass http://$to; } }`);
    expect(await curl(`-o /dev/null -w '%{http_code}' localhost`)).toBe('502');
    await output.until(/no resolver defined to resolve web\.default\.svc\.cluster\.local/);
  });
});

describe('TLS and reload', () => {
  it('serves with the certificate of a Secret, and says what is wrong with another', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const issuer: Issuer = { subject: { commonName: 'shop.example' }, privateKey, publicKey };
    const now = Date.now();
    const cert = createCertificate(
      {
        subject: issuer.subject,
        publicKey,
        usage: 'server',
        names: ['shop.example'],
        notBefore: now - 1000,
        notAfter: now + 3_600_000,
      },
      issuer,
    );
    const key = String(privateKey.export({ type: 'sec1', format: 'pem' }));
    const conf = `server { listen 443 ssl; server_name shop.example; ssl_certificate /tls/tls.crt; ssl_certificate_key /tls/tls.key; return 200 "$scheme $ssl_protocol\\n"; }`;
    const { curl, sh } = await serving(conf, { mounts: [filesAt('/tls', { 'tls.crt': cert, 'tls.key': key })] });
    expect(await curl('--cacert /tls/tls.crt --resolve shop.example:443:127.0.0.1 https://shop.example')).toMatch(
      /^https TLSv1\.3\n$/,
    );
    expect((await sh('echo | openssl s_client -connect 127.0.0.1:443 2>/dev/null | grep subject')).out).toContain(
      'shop.example',
    );
    expect(await curl('http://127.0.0.1:443')).toContain('The plain HTTP request was sent to HTTPS port');
    expect(await refused(conf)).toBe(
      'cannot load certificate "/tls/tls.crt": BIO_new_file() failed (SSL: error:80000002:system library::No such file or directory:calling fopen(/tls/tls.crt, r) error:10000080:BIO routines::no such file)',
    );
  });

  it('fails a request on which an expression takes too long, and serves the next', async () => {
    const { output, curl } = await serving(
      'server { listen 80; location ~ "^/(a|aa)+\\1b" { } location / { return 200 ok; } }',
    );
    expect(await curl(`-o /dev/null -w "%{http_code}" localhost/${'a'.repeat(200)}`)).toBe('500');
    expect(await output.until(/\[alert\]/)).toContain('pcre2_match() failed: -47 on "/aaa');
    expect(await curl('localhost/x')).toBe('ok');
  });

  it('takes a changed configuration on reload, and keeps the old one where it is wrong', async () => {
    const { output, sh } = await start();
    await output.until(/start worker process \d+/);
    await sh(`echo 'server { listen 80; return 200 "second\\n"; }' >/etc/nginx/conf.d/default.conf; nginx -s reload`);
    await output.until(/worker process \d+ exited with code 0/);
    expect((await sh('curl -s localhost; ps -ef 2>/dev/null | grep -c nothing')).out).toContain('second\n');
    await sh(`echo 'server { listen 80; retrun 200 x; }' >/etc/nginx/conf.d/default.conf; kill -HUP 1`);
    await output.until(/\[emerg\] 1#1: unknown directive "retrun" in \/etc\/nginx\/conf\.d\/default\.conf:1/);
    expect((await sh('curl -s localhost')).out).toBe('second\n');
    const test = await sh('nginx -t');
    expect(test).toMatchObject({ code: 1 });
    expect(test.err).toContain('nginx: configuration file /etc/nginx/nginx.conf test failed\n');
    const fine = await sh('rm /etc/nginx/conf.d/default.conf; nginx -t; nginx -T | grep "^# configuration file"');
    expect(fine.err).toContain(
      'nginx: the configuration file /etc/nginx/nginx.conf syntax is ok\nnginx: configuration file /etc/nginx/nginx.conf test is successful\n',
    );
    expect(fine.out).toBe('# configuration file /etc/nginx/nginx.conf:\n# configuration file /etc/nginx/mime.types:\n');
  });
});

it('warns of directives that have no effect here', async () => {
  const { output } = await serving(`proxy_cache_path /tmp/c keys_zone=c:1m;
    server { listen 80;
      proxy_cache c;
      location /a { proxy_cache off; limit_rate 0; }
      location /b { limit_rate 10k; gzip_static on; }
    }`);
  const said = await output.until(/start worker process \d+/);
  expect(said.match(/nginx: \[warn\].*/g)).toEqual(
    [
      ['proxy_cache', 3],
      ['limit_rate', 5],
      ['gzip_static', 5],
    ].map(
      ([name, line]) =>
        `nginx: [warn] "${name}" is not simulated and has no effect in /etc/nginx/conf.d/default.conf:${line}`,
    ),
  );
});

describe('limit_req', () => {
  const codes = async (sh: (command: string) => Promise<{ out: string }>, count: number, path = '/') =>
    (
      await sh(`for i in $(seq ${count}); do curl -s -o /dev/null -w '%{http_code} ' localhost${path}; done`)
    ).out.trim();

  it('refuses what is over the rate and the burst, and holds up what waits', async () => {
    const { output, sh, curl } = await serving(`limit_req_zone $binary_remote_addr zone=one:1m rate=1r/m;
      limit_req_zone $arg_user zone=users:1m rate=1r/m;
      limit_req_zone $uri zone=slow:1m rate=5r/s;
      server {
        listen 80;
        location / { limit_req zone=one burst=2 nodelay; return 200 ok; }
        location /hard { limit_req zone=users; limit_req_status 429; error_page 429 = @much; try_files /none @ok; }
        location /slow { limit_req zone=slow burst=5; try_files /none @ok; }
        location @ok { return 200 ok; }
        location @much { return 429 "too much"; }
      }`);
    // What the rewrite phase answers is never counted.
    expect(await codes(sh, 5)).toBe('200 200 200 200 200');
    expect(await codes(sh, 3, '/hard')).toBe('200 200 200');
    expect(await codes(sh, 2, '/hard?user=a')).toBe('200 429');
    expect(await curl('localhost/hard?user=a')).toBe('too much');
    expect(await codes(sh, 1, '/hard?user=b')).toBe('200');
    const line = await output.until(/\[error\][^\n]* limiting requests/);
    expect(line).toMatch(
      /limiting requests, excess: (1\.000|0\.99\d) by zone "users", client: 127\.0\.0\.1, server: , request: "GET \/hard\?user=a/,
    );
    const from = Date.now();
    expect(await codes(sh, 4, '/slow')).toBe('200 200 200 200');
    expect(Date.now() - from).toBeGreaterThan(550);
  });

  it('lets a burst through at once with nodelay, and counts across a reload', async () => {
    const { output, sh } = await serving(
      'limit_req_zone $binary_remote_addr zone=one:1m rate=1r/m; server { listen 80; root /usr/share/nginx/html; limit_req zone=one burst=2 nodelay; }',
    );
    expect(await codes(sh, 5)).toBe('200 200 200 503 503');
    await sh('nginx -s reload');
    await output.until(/worker process \d+ exited with code 0/);
    expect(await codes(sh, 1)).toBe('503');
  });
});

describe('gzip', () => {
  const text = 'x'.repeat(5000);
  const page = filesAt('/usr/share/nginx/html', {
    ...{ 'a.html': text, 'a.txt': text, 'a.css': text, 'short.html': 'short' },
  });
  const conf = `gzip on; gzip_types text/css; gzip_vary on; gzip_min_length 100;
    server { listen 80; root /usr/share/nginx/html; }
    server { listen 81; location / { proxy_pass http://127.0.0.1:82; } }
    server { listen 82; root /usr/share/nginx/html; gzip off; }`;

  it('compresses what is of the types and long enough, for who accepts it', async () => {
    const { curl, sh } = await serving(conf, { mounts: [page] });
    const head = async (url: string, accept = 'br, gzip') =>
      (await curl(`-v -o /tmp/body -H 'Accept-Encoding: ${accept}' ${url} 2>&1 | grep '^<'`)).toLowerCase();
    for (const url of ['localhost/a.html', 'localhost/a.css', 'localhost:81/a.html']) {
      const headers = await head(url);
      expect(headers).toMatch(/content-encoding: gzip/);
      expect(headers).toMatch(/vary: accept-encoding/);
      expect(headers).toMatch(/etag: w\/"/);
      expect(headers).not.toMatch(/content-length|accept-ranges/);
      expect(Number((await sh('wc -c </tmp/body')).out)).toBeLessThan(200);
      expect((await sh('gunzip -c </tmp/body')).out, url).toBe(text);
    }
    for (const [url, accept] of [
      ['localhost/a.txt', 'gzip'],
      ['localhost/short.html', 'gzip'],
      ['localhost/a.html', 'br'],
      ['localhost/a.html', 'gzip;q=0'],
      ['localhost:82/a.html', 'gzip'],
    ] as const) {
      const headers = await head(url, accept);
      expect(headers, url).not.toContain('content-encoding');
      expect(headers).toContain('content-length');
      expect(headers.includes('vary'), url).toBe(url.endsWith('/a.html') && !url.includes(':82'));
    }
    expect(await head("-H 'Via: 1.1 proxy' localhost/a.html")).not.toContain('content-encoding');
  });
});

describe('what is wrong with a configuration', () => {
  const big = '^/((a{1,300}){1,300}){1,300}$';
  const tooLarge = `pcre2_compile() failed: regular expression is too large in "${big}" at "${big}" in /etc/nginx/conf.d/default.conf:2`;

  it.each([
    [`server {\n location ~ "${big}" { }\n}`, tooLarge],
    ['server {\n limit_req zone=none;\n}', 'zero size shared memory zone "none" in /etc/nginx/conf.d/default.conf:2'],
    ['limit_req_zone $uri zone=a:1m rate=fast;', 'invalid rate "rate=fast" in /etc/nginx/conf.d/default.conf:1'],
    ['limit_req_zone $uri rate=1r/s zone=a:1k;', 'zone "a" is too small in /etc/nginx/conf.d/default.conf:1'],
    [
      'limit_req_zone $uri zone=a:1m rate=1r/s;\nserver { limit_req zone=a burst=no; }',
      'invalid burst value "burst=no" in /etc/nginx/conf.d/default.conf:2',
    ],
    ['server { gzip_comp_level 10; }', 'value must be between 1 and 9 in /etc/nginx/conf.d/default.conf:1'],
    [`server {\n rewrite "${big}" /x;\n}`, tooLarge],
    [`server {\n if ($uri ~* "${big}") { return 404; }\n}`, tooLarge],
    [`map $uri $m {\n "~${big}" 1;\n}`, tooLarge],
    [
      'server {\n if ($uri ~ "(") { return 404; }\n}',
      'pcre2_compile() failed: unterminated group in "(" at "(" in /etc/nginx/conf.d/default.conf:2',
    ],
    ['server { listen 80\n root /x; }', 'invalid parameter "root" in /etc/nginx/conf.d/default.conf:2'],
    ['server { listen 80; lisen 81; }', 'unknown directive "lisen" in /etc/nginx/conf.d/default.conf:1'],
    ['server {\n listen 80;\n', 'unexpected end of file, expecting "}" in /etc/nginx/conf.d/default.conf:3'],
    ['server { }\n}', 'unexpected "}" in /etc/nginx/conf.d/default.conf:2'],
    [
      'server {\n root /x\n index a; }',
      'invalid number of arguments in "root" directive in /etc/nginx/conf.d/default.conf:3',
    ],
    ['location / { }', '"location" directive is not allowed here in /etc/nginx/conf.d/default.conf:1'],
    ['server { root /a; root /b; }', '"root" directive is duplicate in /etc/nginx/conf.d/default.conf:1'],
    [
      'server {\n location / {\n  proxy_pass http://backend:8080;\n } }',
      'host not found in upstream "backend" in /etc/nginx/conf.d/default.conf:3',
    ],
    [
      'upstream u {\n server backend:8080; }',
      'host not found in upstream "backend:8080" in /etc/nginx/conf.d/default.conf:2',
    ],
    ['server { return 200 "$bogus"; }', 'unknown "bogus" variable'],
    ['server { location /a { } location /a { } }', 'duplicate location "/a" in /etc/nginx/conf.d/default.conf:1'],
    [
      'server { autoindex yes; }',
      'invalid value "yes" in "autoindex" directive, it must be "on" or "off" in /etc/nginx/conf.d/default.conf:1',
    ],
    ['server { location / { proxy_pass web; } }', 'invalid URL prefix in /etc/nginx/conf.d/default.conf:1'],
    [
      'server { listen 443 ssl; }',
      'no "ssl_certificate" is defined for the "listen ... ssl" directive in /etc/nginx/conf.d/default.conf:1',
    ],
    [
      'include /etc/nginx/missing.conf;',
      'open() "/etc/nginx/missing.conf" failed (2: No such file or directory) in /etc/nginx/conf.d/default.conf:1',
    ],
  ])('%s', async (conf, message) => {
    expect(await refused(conf)).toBe(message);
  });
});
