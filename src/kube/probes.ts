import type { Probe } from './api.gen.ts';

/** What a probe does, in the words of `kubectl describe pod`: `http-get http://:8080/healthz`, `exec [cat /tmp/ready]`. */
export function describeProbe({ httpGet, tcpSocket, exec, grpc }: Probe): string {
  if (httpGet) {
    const { scheme = 'HTTP', host = '', port, path = '' } = httpGet;
    return `http-get ${scheme.toLowerCase()}://${host}:${port}${path.startsWith('/') ? path : `/${path}`}`;
  }
  if (tcpSocket) return `tcp-socket ${tcpSocket.host ?? ''}:${tcpSocket.port}`;
  if (exec) return `exec [${(exec.command ?? []).join(' ')}]`;
  return grpc ? `grpc <pod>:${grpc.port} ${grpc.service ?? ''}`.trim() : 'unknown';
}

/** Which probe an Event's message is about, and what came of it: `Readiness probe failed: ...`. */
export function parseProbeFailure(message: string): { probe: ProbeName; said: string } | undefined {
  const found = /^(Liveness|Readiness|Startup) probe (?:failed|errored)[^:]*: (.*)$/s.exec(message.trim());
  if (!found) return undefined;
  return { probe: (found[1] ?? '').toLowerCase() as ProbeName, said: (found[2] ?? '').trim() };
}

export type ProbeName = 'liveness' | 'readiness' | 'startup';
