import { text } from 'node:stream/consumers';
import { afterAll, describe, expect, it } from 'vitest';
import { finished, follow, specOf, testRuntime } from './helpers.ts';

const { runtime, sh } = testRuntime();
afterAll(() => runtime.dispose());

const image = 'python:3.12';

async function ask(podUid: string, request: string): Promise<string> {
  const socket = await runtime.connect(podUid, 8000);
  socket.end(`${request} HTTP/1.0\r\n\r\n`);
  return text(socket);
}

describe('python3 -m http.server', () => {
  it('serves the working directory: files, folders, errors, and a line for each request', async () => {
    const script = 'mkdir -p /site/sub; cd /site; echo hi >"a b.txt"; ln -s sub there; python3 -u -m http.server';
    const spec = specOf(image, { command: ['sh', '-c', script] });
    const box = await runtime.start(spec);
    const { until } = follow(box);
    await until(/^Serving HTTP on 0\.0\.0\.0 port 8000 \(http:\/\/0\.0\.0\.0:8000\/\) \.\.\.\n/);
    const list = await ask(spec.pod.uid, 'GET /');
    expect(list).toContain('Server: SimpleHTTP/0.6 Python/3.12.12\r\n');
    expect(list).toContain(
      '<h1>Directory listing for /</h1>\n<hr>\n<ul>\n<li><a href="a%20b.txt">a b.txt</a></li>\n<li><a href="sub/">sub/</a></li>\n<li><a href="there/">there@</a></li>\n</ul>\n<hr>\n',
    );
    expect(await ask(spec.pod.uid, 'GET /a%20b.txt')).toMatch(/Content-type: text\/plain\r\n[\s\S]*\r\n\r\nhi\n$/);
    expect(await ask(spec.pod.uid, 'GET /sub')).toMatch(/ 301 Moved Permanently\r\n[\s\S]*Location: \/sub\/\r\n/);
    expect(await ask(spec.pod.uid, 'GET /nope')).toMatch(/ 404 File not found\r\n[\s\S]*<p>Error code: 404<\/p>\n/);
    expect(await ask(spec.pod.uid, 'POST /')).toContain(" 501 Unsupported method ('POST')\r\n");
    const log = await until(/"POST/);
    expect(
      log
        .split('\n')
        .slice(1)
        .map((line) => line.replace(/^\S+ - - \[\d\d\/\w{3}\/\d{4} [\d:]{8}\] /, '')),
    ).toEqual([
      '"GET / HTTP/1.0" 200 -',
      '"GET /a%20b.txt HTTP/1.0" 200 -',
      '"GET /sub HTTP/1.0" 301 -',
      'code 404, message File not found',
      '"GET /nope HTTP/1.0" 404 -',
      "code 501, message Unsupported method ('POST')",
      '"POST / HTTP/1.0" 501 -',
      '',
    ]);
    // As pid 1 it has no handler for SIGTERM, and one for SIGINT.
    box.kill('SIGTERM');
    box.kill('SIGINT');
    expect(await box.exited).toMatchObject({ exitCode: 0 });
  });

  it('takes a port, a folder and an index', async () => {
    const script =
      'mkdir /www; echo start >/www/index.html; python3 -um http.server 8000 --directory /www --bind 127.0.0.1';
    const spec = specOf(image, { command: ['sh', '-c', script.replace('-um', '-u -m')] });
    const box = await runtime.start(spec);
    await follow(box).until(/Serving HTTP on 127\.0\.0\.1 port 8000/);
    expect(await ask(spec.pod.uid, 'GET /')).toMatch(/\r\n\r\nstart\n$/);
    box.kill('SIGKILL');
  });

  it.each([
    ['python3 -m http.server abc', "server.py: error: argument port: invalid int value: 'abc'\n", 2],
    ['python3 -m http.server --nope', 'server.py: error: unrecognized arguments: --nope\n', 2],
    ['python3 -m http.server 8001 & python3 -m http.server 8001', 'OSError: [Errno 98] Address already in use\n', 1],
  ])('%s', async (script, message, code) => {
    const result = await sh(script, { image });
    expect(result.err).toContain(message);
    expect(result.code).toBe(code);
  });
});

describe('python3', () => {
  it('prints JSON', async () => {
    expect((await sh(`echo '{"b":[1,{}],"a":"é"}' | python3 -m json.tool --sort-keys`, { image })).out).toBe(
      '{\n    "a": "\\u00e9",\n    "b": [\n        1,\n        {}\n    ]\n}\n',
    );
  });

  it('knows its version by the tag, and ends with an empty input', async () => {
    expect((await sh('python --version', { image: 'python:3.9-slim' })).out).toBe('Python 3.9.24\n');
    expect((await sh('python3 -V', { image: 'python:3.11.4' })).out).toBe('Python 3.11.4\n');
    expect((await finished(await runtime.start(specOf(image)))).code).toBe(0);
  });

  it('says that it runs no code', async () => {
    const { err, code } = await sh(`python3 -c 'print(1)'`, { image });
    expect(err).toContain('python3: -c: this container has no Python interpreter');
    expect(code).toBe(1);
    expect((await sh('python3 /app.py', { image })).err).toBe(
      "python3: can't open file '/app.py': [Errno 2] No such file or directory\n",
    );
  });
});
