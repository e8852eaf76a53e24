import { text } from 'node:stream/consumers';
import { afterAll, describe, expect, it } from 'vitest';
import { expectGolden, goldenCases } from './golden.ts';
import { collect, finished, follow, specOf, testRuntime } from './helpers.ts';

const box = testRuntime();
afterAll(() => box.runtime.dispose());

describe('dd', () => {
  const golden = goldenCases('dd');
  it.each(golden.cases)('$args', (one) => expectGolden(box, golden, one));

  it('writes into files: over them, behind a hole, at their end', async () => {
    const script = `cd /tmp; printf abcdefg >f; printf XY | dd of=f bs=1 seek=2 conv=notrunc status=none; cat f; echo
      printf XY | dd of=f bs=1 seek=1 status=none; cat f; echo
      printf Z | dd of=f oflag=append conv=notrunc status=none; cat f; echo
      dd if=/dev/zero of=g bs=1M count=0 seek=3 status=none; stat -c %s g; printf x | dd of=h bs=1 seek=3 status=none; od -c h | head -1`;
    const { out, err } = await box.sh(script, { image: 'debian:12' });
    expect(err).toBe('');
    expect(out).toBe('abXYefg\naXY\naXYZ\n3145728\n0000000  \\0  \\0  \\0   x\n');
  });

  it('says how much and how fast', async () => {
    const gnu = await box.sh('dd if=/dev/zero of=/tmp/x bs=1M count=2', { image: 'debian:12' });
    expect(gnu.err).toMatch(
      /^2\+0 records in\n2\+0 records out\n2097152 bytes \(2\.1 MB, 2\.0 MiB\) copied, [\d.e-]+ s, [\d.]+ [kMG]?B\/s\n$/,
    );
    const busybox = await box.sh('dd if=/dev/zero of=/tmp/x bs=1M count=2');
    expect(busybox.err).toMatch(
      /^2\+0 records in\n2\+0 records out\n2097152 bytes \(2\.0MB\) copied, [\d.]+ seconds, [\d.]+[KMG]?B\/s\n$/,
    );
  });

  it('counts its buffer as memory, and fills a disk no further than it goes', async () => {
    const limits = { resources: { limits: { memory: '64Mi' } } };
    const command = ['dd', 'if=/dev/zero', 'of=/dev/null', 'bs=1G', 'count=1'];
    const big = await box.runtime.start(specOf('busybox:1.36', { command, ...limits }));
    expect(await big.exited).toMatchObject({ exitCode: 137, reason: 'OOMKilled' });
    const mount = {
      mountPath: '/cache',
      readOnly: false,
      volume: { kind: 'tree' as const, id: 'small', sizeBytes: 1024 ** 2 },
    };
    const full = await box.sh('dd if=/dev/zero of=/cache/f bs=64k count=100', { mounts: [mount] });
    expect(full.err).toContain('No space left on device');
    expect(full.code).toBe(1);
  });
});

describe('coreutils', () => {
  const golden = goldenCases('coreutils');
  it.each(golden.cases)('$args', (one) => expectGolden(box, golden, one));
});

describe('who listens', () => {
  const serve = 'httpd -p 8080 -h /tmp; nc -l -p 53 & until netstat -ln | grep -q :53; do :; done;';

  it('netstat', async () => {
    const { out } = await box.sh(
      `${serve} netstat -tlnp; netstat -ln | wc -l; netstat -t | wc -l; netstat -rn | tail -1`,
    );
    const lines = out.split('\n');
    expect(lines[0]).toBe('Active Internet connections (only servers)');
    expect(lines[2]).toMatch(/^tcp {8}0 {6}0 0\.0\.0\.0:8080 {12}0\.0\.0\.0:\* {15}LISTEN {6}\d+\/httpd$/);
    expect(lines.slice(4, 6)).toEqual(['4', '2']);
    expect(lines[6]).toMatch(/255\.255\.255\.0 +U +0 0 +0 eth0$/);
  });

  it('ss', async () => {
    const image = 'nicolaka/netshoot';
    const { out } = await box.sh(`${serve} ss -tlnp; ss -Htl; ss -tu | wc -l; ss -lntuH`, { image });
    const lines = out.split('\n');
    expect(lines[0]).toBe('State  Recv-Q Send-Q Local Address:Port Peer Address:Port Process');
    expect(lines[1]).toMatch(
      /^LISTEN 0 {6}511 {4} {6}0\.0\.0\.0:8080 {9}0\.0\.0\.0:\* users:\(\("httpd",pid=\d+,fd=6\)\)$/,
    );
    expect(lines[3]).toContain('0.0.0.0:http-alt');
    expect(lines[4]).toContain('0.0.0.0:domain');
    expect(lines[5]).toBe('1');
    expect(lines[6]).toMatch(/^tcp {3}LISTEN/);
  });
});

describe('agnhost', () => {
  const image = 'registry.k8s.io/e2e-test-images/agnhost:2.40';
  const ask = async (spec: ReturnType<typeof specOf>, port: number, path: string) => {
    const socket = await box.runtime.connect(spec.pod.uid, port);
    socket.end(`GET ${path} HTTP/1.0\r\nX-Test: yes\r\n\r\n`);
    const [head = '', body] = (await text(socket)).split('\r\n\r\n');
    return `${/ (\d{3}) /.exec(head)?.[1]} ${body}`;
  };

  it('netexec answers, runs commands and ends when it is told to', async () => {
    const spec = specOf(image, { args: ['netexec', '--http-port=8083'] });
    const running = await box.runtime.start(spec);
    await follow(running).until(/Started HTTP server on port 8083\n.*Started UDP server on port {2}8081/);
    expect(await ask(spec, 8083, '/hostname')).toBe('200 box');
    expect(await ask(spec, 8083, '/')).toMatch(/^200 NOW: \d{4}-\d\d-\d\d [\d:.]+ \+0000 UTC$/);
    expect(await ask(spec, 8083, '/clientip')).toMatch(/^200 [\d.]+:\d+$/);
    expect(await ask(spec, 8083, '/echo?msg=hi&code=202')).toBe('202 hi');
    expect(await ask(spec, 8083, '/header?key=X-Test')).toBe('200 yes');
    expect(await ask(spec, 8083, '/shell?cmd=echo%20a;echo%20b%3E%262;exit%203')).toBe(
      '200 {"error":"exit status 3","output":"a\\nb\\n"}',
    );
    expect(await ask(spec, 8083, '/nope')).toBe('404 404 page not found\n');
    await ask(spec, 8083, '/exit?code=7');
    expect(await running.exited).toMatchObject({ exitCode: 7 });
  });

  it('connect tells how a connection failed', async () => {
    const run = async (...args: string[]) => {
      const { err, code } = await finished(await box.runtime.start(specOf(image, { args: ['connect', ...args] })));
      return `${err}${code}`;
    };
    expect(await run('127.0.0.1:1')).toBe('REFUSED\n1');
    expect(await run('nowhere:80', '--timeout=1s')).toBe('DNS: lookup nowhere: no such host\n1');
    expect(await run('nowhere')).toBe('OTHER: address nowhere: missing port in address\n1');
  });

  it('serves its name, for connect too', async () => {
    const spec = specOf(image, { args: ['serve-hostname'] });
    const running = await box.runtime.start(spec);
    const again = async (): Promise<number> => {
      const { code } = await collect(
        running.exec({ command: ['/agnhost', 'connect', 'localhost:9376'], stdin: false, tty: false }),
      );
      return code === 0 ? code : again();
    };
    expect(await again()).toBe(0);
    expect(await ask(spec, 9376, '/')).toBe('200 box');
    running.kill('SIGTERM');
    expect(await running.exited).toMatchObject({ exitCode: 2 });
  });

  it('is healthy at first', async () => {
    const spec = specOf(image, { args: ['liveness'] });
    const running = await box.runtime.start(spec);
    const again = async (): Promise<string> => ask(spec, 8080, '/healthz').catch(again);
    expect(await again()).toBe('200 ok');
    running.kill('SIGKILL');
  });

  it('generates lines, knows its resolver, and names what it has not', async () => {
    const run = async (...args: string[]) => finished(await box.runtime.start(specOf(image, { args })));
    const { err } = await run('logs-generator', '--log-lines-total=3', '--run-duration', '30ms');
    expect(err).toMatch(
      /^(I\d{4} [\d:.]+ {7}1 logs_generator\.go:76\] \d (GET|PUT|POST) \/api\/v1\/namespaces\/[\w-]+\/pods\/\w{3} \d{3}\n){3}$/,
    );
    expect((await run('nope')).err).toMatch(/^Error: unknown command "nope" for "app"\n/);
    expect((await run('etc-hosts')).out).toContain('127.0.0.1');
  });
});

describe('redis', () => {
  const image = 'redis:7';
  const file = 'maxmemory 2mb\n# a comment\nmaxmemory-policy allkeys-lru\n';
  const files = { 'redis.conf': { content: new TextEncoder().encode(file), mode: 0o644 } };
  const mounts = [{ mountPath: '/etc/redis', readOnly: true, volume: { kind: 'files' as const, id: 'conf', files } }];

  it('reads its configuration, and asks for the password that it names', async () => {
    const args = ['redis-server', '/etc/redis/redis.conf', '--requirepass', 'pw', '--port', '6380'];
    const running = await box.runtime.start(specOf(image, { args, mounts }));
    await follow(running).until(/Ready to accept connections/);
    const cli = async (...words: string[]) => {
      const { out, err } = await collect(
        running.exec({ command: ['redis-cli', '-p', '6380', ...words], stdin: false, tty: false }),
      );
      return out + err;
    };
    expect(await cli('ping')).toBe('NOAUTH Authentication required.\n');
    const warning =
      "Warning: Using a password with '-a' or '-u' option on the command line interface may not be safe.\n";
    expect(await cli('-a', 'pw', 'ping')).toBe(`PONG\n${warning}`);
    expect(await cli('-a', 'no', '--no-auth-warning', 'ping')).toBe(
      'NOAUTH Authentication required.\nAUTH failed: WRONGPASS invalid username-password pair or user is disabled.\n',
    );
    const auth = ['-a', 'pw', '--no-auth-warning'];
    expect(await cli(...auth, 'config', 'get', 'maxmemory*')).toBe(
      'maxmemory\n2097152\nmaxmemory-policy\nallkeys-lru\nmaxmemory-samples\n5\n',
    );
    expect(await cli(...auth, 'config', 'set', 'maxmemory', '1gb')).toBe('OK\n');
    expect(await cli(...auth, 'config', 'get', 'maxmemory')).toBe('maxmemory\n1073741824\n');
    expect(await cli(...auth, 'config', 'set', 'maxmemory-policy', 'none')).toMatch(/^ERR CONFIG SET failed/);
    running.kill('SIGKILL');
  });

  it('does not start with what it does not understand', async () => {
    const run = async (...args: string[]) =>
      finished(await box.runtime.start(specOf(image, { args: ['redis-server', ...args] })));
    expect(await run('/none.conf')).toMatchObject({
      ...{ code: 1, err: "Fatal error, can't open config file '/none.conf': No such file or directory\n" },
    });
    const { err, code } = await run('--maxmemory-policy', 'all');
    expect([code, err]).toEqual([
      1,
      expect.stringContaining(">>> 'maxmemory-policy all'\nargument(s) must be one of the following: volatile-lru"),
    ]);
  });
});

describe('find', () => {
  it('takes links for what they lead to with -L and -follow, and does not go in circles', async () => {
    const make = 'mkdir -p /t/d; echo x >/t/d/f; ln -s d/f /t/l; ln -s . /t/loop; cd /t';
    expect((await box.sh(`${make}; find . -type f | sort`)).out).toBe('./d/f\n');
    const followed = await box.sh(`${make}; find -L . -type f | sort; find . -follow -type f | sort`);
    expect(followed.out).toBe('./d/f\n./l\n./d/f\n./l\n');
    expect(followed.err).toContain('File system loop detected');
  });
});

describe('wget', () => {
  it('saves what has no name as index.html, and nothing over a file that is there', async () => {
    const serve = 'mkdir -p /www; echo page >/www/index.html; httpd -p 8080 -h /www; cd /tmp';
    const { out, err } = await box.sh(`${serve}; wget localhost:8080; cat index.html; wget localhost:8080; echo $?`);
    expect(out).toBe('page\n1\n');
    expect(err).toContain("saving to 'index.html'\n");
    expect(err).toMatch(/wget: can't open 'index\.html': File exists\n$/);
  });
});

describe('envsubst', () => {
  it('fills in all variables, or those that it is given', async () => {
    const run = (args: string) => box.sh(`printf '$A \${B} $C\\n' | A=1 B=2 envsubst ${args}`, { image: 'nginx:1.29' });
    expect((await run('')).out).toBe('1 2 \n');
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as a shell script would have it
    expect((await run("'$A'")).out).toBe('1 ${B} $C\n');
  });
});
