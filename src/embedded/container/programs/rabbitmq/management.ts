/** The management plugin: an HTTP API on 15672, for who has the tag for it. */
import { serveHttp } from '../../lib/http-server.ts';
import type { Broker } from './broker.ts';
import { nodeName } from './broker.ts';
import { log } from './log.ts';

const forbidden = new Set(['', 'impersonator', 'policymaker']);

export function serveManagement(broker: Broker, port: number): void {
  serveHttp(broker.p, port, async (request, response) => {
    const send = (status: number, value: unknown, headers: Record<string, string> = {}) => {
      response.writeHead(status, { 'Content-Type': 'application/json', server: 'Cowboy', ...headers });
      response.end(JSON.stringify(value));
    };
    const { pathname } = new URL(request.url ?? '/', 'http://x');
    if (!pathname.startsWith('/api/')) {
      response.writeHead(pathname === '/' ? 200 : 404, { 'Content-Type': 'text/html', server: 'Cowboy' });
      return void response.end(
        pathname === '/' ? '<!DOCTYPE html>\n<html><head><title>RabbitMQ Management</title></head></html>\n' : '',
      );
    }
    const [, encoded = ''] = /^Basic (.+)$/.exec(request.headers.authorization ?? '') ?? [];
    const [name = '', ...rest] = Buffer.from(encoded, 'base64').toString().split(':');
    const challenge = { 'www-authenticate': 'Basic realm="RabbitMQ Management"' };
    if (!broker.authenticates(name, rest.join(':'))) {
      if (name !== '') await log(broker.p, 'warning', `HTTP access denied: user '${name}' - invalid credentials`);
      return send(401, { error: 'not_authorized', reason: 'Not_Authorized' }, challenge);
    }
    const user = broker.user(name);
    if ((user?.tags ?? []).every((tag) => forbidden.has(tag))) {
      await log(broker.p, 'warning', `HTTP access denied: user '${name}' - Not management user`);
      return send(401, { error: 'not_authorized', reason: 'Not management user' }, challenge);
    }
    if (request.method !== 'GET')
      return send(405, { error: 'Method Not Allowed', reason: 'only reading is served here' });
    switch (pathname) {
      case '/api/overview':
        return send(200, {
          rabbitmq_version: broker.version,
          node: nodeName(broker.p),
          object_totals: { connections: broker.connections, queues: broker.queues.length },
          listeners: broker.listeners.map(({ port: at, protocol }) => ({
            node: nodeName(broker.p),
            protocol,
            port: at,
          })),
        });
      case '/api/whoami':
        return send(200, { name, tags: user?.tags ?? [] });
      case '/api/users':
        return send(
          200,
          broker.users.map((u) => ({
            name: u.name,
            password_hash: u.hash,
            hashing_algorithm: 'rabbit_password_hashing_sha256',
            tags: u.tags,
          })),
        );
      case '/api/queues':
        return send(
          200,
          broker.queues.map((q) => ({ name: q.name, vhost: '/', durable: q.durable, messages: q.messages })),
        );
      case '/api/health/checks/alarms':
      case '/api/health/checks/local-alarms':
      case '/api/healthchecks/node':
        return send(200, { status: 'ok' });
      default:
        return send(404, { error: 'Object Not Found', reason: 'Not Found' });
    }
  });
}
