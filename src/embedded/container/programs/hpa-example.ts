import { signals } from '../kernel/signals.ts';
import { burn } from '../lib/burn.ts';
import { formatDate } from '../lib/format-date.ts';
import { serveHttp, untilSignal } from '../lib/http-server.ts';
import { program } from '../lib/program.ts';

/** What a request costs there: PHP takes a million square roots. */
const REQUEST_CPU_MS = 40;

/** registry.k8s.io/hpa-example: a web server whose every request takes CPU, for autoscalers to see. */
export const hpaExample = program('hpa-example', async (p) => {
  serveHttp(p, 80, async (_, response) => {
    await burn(p, REQUEST_CPU_MS);
    response.writeHead(200, { Server: 'Apache/2.4.10 (Debian)', 'Content-Type': 'text/html; charset=UTF-8' });
    response.end('OK!');
  });
  const time = formatDate(p.container.clock.now(), '%a %b %d %H:%M:%S.%6N %Y');
  await p.print(
    2,
    `[${time}] [mpm_prefork:notice] [pid ${p.pid}] AH00163: Apache/2.4.10 (Debian) PHP/5.6.14 configured -- resuming normal operations\n`,
  );
  await untilSignal(p, signals.SIGTERM, signals.SIGINT);
  return 0;
});
