import { signals } from '../kernel/signals.ts';
import { formatDate } from '../lib/format-date.ts';
import { serveHttp, untilSignal } from '../lib/http-server.ts';
import { program } from '../lib/program.ts';
import { runService } from '../lib/service.ts';

/** A container that does nothing but what its image's description says. */
export const service = program('service', (p) => runService(p));

/** The pause container: waits to be told to go. */
export const pause = program('pause', async (p) => {
  const signal = await untilSignal(p, signals.SIGTERM, signals.SIGINT);
  await p.print(2, `Shutting down, got signal: ${signal === signals.SIGINT ? 'Interrupt' : 'Terminated'}\n`);
  return 0;
});

/** hashicorp/http-echo. */
export const httpEcho = program('http-echo', async (p) => {
  const options = new Map(
    p.args.map((a) => a.replace(/^--?/, '').split('=')).map(([k = '', ...v]) => [k, v.join('=')]),
  );
  const text = options.get('text') || p.env.get('ECHO_TEXT') || 'hello-world';
  const port = Number((options.get('listen') ?? ':5678').replace(/^.*:/, ''));
  serveHttp(p, port, async (_, response) => {
    response.writeHead(Number(options.get('status-code') ?? 200), {
      'X-App-Name': 'http-echo',
      'Content-Type': 'text/plain; charset=utf-8',
    });
    response.end(`${text}\n`);
  });
  await p.print(
    2,
    `${formatDate(p.container.clock.now(), '%Y/%m/%d %H:%M:%S')} [INFO] server is listening on :${port}\n`,
  );
  await untilSignal(p, signals.SIGTERM, signals.SIGINT);
  return 0;
});
