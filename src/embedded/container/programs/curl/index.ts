import type { Process } from '../../kernel/process.ts';
import { parseOptions } from '../../lib/options.ts';
import { program, UsageError } from '../../lib/program.ts';
import { toolVersion } from '../../lib/versions.ts';
import { Transfer } from './transfer.ts';

const long: Record<string, string> = {
  ...{
    silent: 's',
    'show-error': 'S',
    insecure: 'k',
    verbose: 'v',
    include: 'i',
    head: 'I',
    output: 'o',
    'write-out': 'w',
  },
  ...{
    request: 'X',
    header: 'H',
    data: 'd',
    'data-ascii': 'd',
    'data-binary': 'data-binary:',
    'data-raw': 'data-raw:',
  },
  ...{
    'data-urlencode': 'data-urlencode:',
    json: 'json:',
    cacert: 'cacert:',
    cert: 'E',
    key: 'key:',
    fail: 'f',
    location: 'L',
  },
  ...{
    'max-time': 'm',
    'connect-timeout': 'connect-timeout:',
    user: 'u',
    'oauth2-bearer': 'oauth2-bearer:',
    'user-agent': 'A',
  },
  ...{ 'remote-name': 'O', get: 'G', version: 'V', help: 'h', 'fail-with-body': 'fail-with-body', resolve: 'resolve:' },
  ...{
    'tlsv1.2': 'tlsv1.2',
    http1: 'http1.1',
    'http1.1': 'http1.1',
    http2: 'http2',
    compressed: 'compressed',
    'no-buffer': 'N',
  },
  ...{
    referer: 'e',
    cookie: 'b',
    'cookie-jar': 'c',
    'max-redirs': 'max-redirs:',
    retry: 'retry:',
    'retry-delay': 'retry-delay:',
  },
  ...{
    'retry-connrefused': 'retry-connrefused',
    'progress-bar': '#',
    'no-progress-meter': 'no-progress-meter',
    ipv4: '4',
  },
  ...{
    capath: 'capath:',
    url: 'url:',
    'create-dirs': 'create-dirs',
    'dump-header': 'D',
    form: 'F',
    'upload-file': 'T',
  },
};

/** curl 8: the options that people use with an API. */
export const curl = program('curl', async (p) => {
  if (p.args.length === 0) {
    await p.print(2, "curl: try 'curl --help' or 'curl --manual' for more information\n");
    return 2;
  }
  let options: ReturnType<typeof parseOptions>;
  try {
    options = parseOptions(p, 'sSkviIo:w:X:H:d:E:fLm:u:A:OGVhNe:b:c:#4D:F:T:jqgaRr:', long, { code: 2 });
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const option = /(?:unrecognized option:?|invalid option --) '?-*([^'\n]+)'?/.exec(error.message)?.[1] ?? '';
    const dashes = option.length > 1 ? '--' : '-';
    const text = error.message.includes('requires')
      ? `option ${p.args.at(-1)}: requires parameter`
      : `option ${dashes}${option}: is unknown`;
    await p.print(2, `curl: ${text}\ncurl: try 'curl --help' or 'curl --manual' for more information\n`);
    return 2;
  }
  if (options.has('V')) {
    const version = toolVersion(p, 'curl');
    await p.print(
      1,
      `curl ${version} (x86_64-pc-linux-gnu) libcurl/${version} OpenSSL/${toolVersion(p, 'openssl').split(' ')[0]}\nProtocols: http https\nFeatures: IPv6 SSL\n`,
    );
    return 0;
  }
  if (options.has('h')) {
    await p.print(1, 'Usage: curl [options...] <url>\n');
    return 0;
  }
  const urls = [...options.all('url'), ...options.operands];
  if (urls.length === 0) {
    await p.print(2, 'curl: (2) no URL specified\n');
    return 2;
  }
  let status = 0;
  for (const [i, url] of urls.entries()) status = await run(p, new Transfer(p, options, url, i));
  return status;
});

/** One URL, again after failures that may pass if `--retry` says so. */
async function run(p: Process, transfer: Transfer): Promise<number> {
  for (let attempt = 0; ; attempt++) {
    const status = await transfer.run();
    if (status === 0 || attempt >= transfer.retries || !transfer.retryable(status)) return status;
    await p.sleep(transfer.retryDelayMs ?? 1000 * 2 ** Math.min(attempt, 8));
  }
}
