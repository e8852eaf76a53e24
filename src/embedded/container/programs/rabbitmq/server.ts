/** RabbitMQ's server: one node, without clustering. */
import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { isSysError } from '../../kernel/errno.ts';
import { signals } from '../../kernel/signals.ts';
import { untilSignal } from '../../lib/http-server.ts';
import { program } from '../../lib/program.ts';
import { becomeUser } from '../../lib/users.ts';
import { serveAmqp } from './amqp.ts';
import { Broker, COOKIE, DISTRIBUTION_PORT, HOME, nodeName, readCookie } from './broker.ts';
import { answerTool, type ToolRequest } from './commands.ts';
import { log } from './log.ts';
import { serveManagement } from './management.ts';
import { readMessage, writeMessage } from './messages.ts';

const AMQP_PORT = 5672;
const MANAGEMENT_PORT = 15_672;

/** The first user, for a new node, as the variables of the image say. */
function firstUser(broker: Broker): void {
  const { env } = broker.p;
  const name = env.get('RABBITMQ_DEFAULT_USER') || 'guest';
  const password = env.get('RABBITMQ_DEFAULT_PASS') || 'guest';
  broker.addUser(name, password, ['administrator'], ['.*', '.*', '.*']);
  broker.save();
}

export const rabbitmqServer = program('rabbitmq-server', async (p) => {
  const broker = new Broker(p);
  const plugins = p.container.imageName.includes('-management') ? ['rabbitmq_management'] : [];
  let isNew: boolean;
  try {
    becomeUser(p, 'rabbitmq', HOME);
    isNew = !broker.load();
    if (readCookie(p) === undefined) {
      const cookie = p.env.get('RABBITMQ_ERLANG_COOKIE') ?? randomBytes(10).toString('hex').toUpperCase();
      p.vfs.writeFile(p, COOKIE, cookie, 0o400);
    }
    if (isNew) firstUser(broker);
  } catch (error) {
    if (!isSysError(error)) throw error;
    await p.print(2, `Failed to write to ${HOME}: ${error.message}\n`);
    return 1;
  }
  await p.print(
    1,
    `\n  ##  ##      RabbitMQ ${broker.version}\n  ##  ##\n  ##########  Copyright (c) the RabbitMQ authors\n  ######  ##\n  ##########\n\n`,
  );
  await log(p, 'info', `Starting RabbitMQ ${broker.version} on Erlang`);
  await log(
    p,
    'info',
    `node           : ${nodeName(p)}\nhome dir       : ${HOME}\ndatabase dir   : ${HOME}/mnesia/${nodeName(p)}`,
  );
  if (isNew) {
    await log(p, 'info', "Adding vhost '/' (description: 'Default virtual host', tags: [])");
    for (const user of broker.users) await log(p, 'info', `Created user '${user.name}'`);
  }
  return run(broker, plugins);
});

async function run(broker: Broker, plugins: readonly string[]): Promise<number> {
  const { p } = broker;
  const port = Number(p.env.get('RABBITMQ_NODE_PORT') ?? AMQP_PORT);
  const sockets = new Set<Duplex>();
  const keep = (socket: Duplex) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  };
  try {
    p.container.network.listen(p, DISTRIBUTION_PORT, (socket) => {
      keep(socket);
      p.background(serveTool(broker, socket));
    });
    if (plugins.length > 0) {
      serveManagement(broker, MANAGEMENT_PORT);
      broker.listeners.push({ port: MANAGEMENT_PORT, protocol: 'http', about: 'HTTP API' });
      await log(p, 'info', `Management plugin: HTTP (non-TLS) listener started on port ${MANAGEMENT_PORT}`);
    }
    p.container.network.listen(p, port, (socket, peer) => {
      keep(socket);
      p.background(serveAmqp(broker, socket, peer, port));
    });
  } catch (error) {
    if (!isSysError(error)) throw error;
    await log(
      p,
      'error',
      `Failed to start Ranch listener in ranch_tcp:listen for reason ${error.code.toLowerCase()} (${error.message.toLowerCase()})`,
    );
    return 1;
  }
  broker.listeners.push(
    { port: DISTRIBUTION_PORT, protocol: 'clustering', about: 'inter-node and CLI tool communication' },
    { port, protocol: 'amqp', about: 'AMQP 0-9-1 and AMQP 1.0' },
  );
  await log(p, 'info', `started TCP listener on [::]:${port}`);
  await log(
    p,
    'info',
    `Server startup complete; ${plugins.length} plugins started.${plugins.map((name) => `\n * ${name}`).join('')}`,
  );
  await untilSignal(p, signals.SIGTERM, signals.SIGINT);
  await log(p, 'notice', 'SIGTERM received - shutting down');
  for (const socket of sockets) socket.destroy();
  await log(
    p,
    'info',
    `Gracefully stopping RabbitMQ ${broker.version} at ${nodeName(p)}\nSuccessfully stopped RabbitMQ and its dependencies`,
  );
  return 0;
}

/** A tool in the same Pod asks one question; who has another cookie is given no answer. */
async function serveTool(broker: Broker, socket: Duplex): Promise<void> {
  const request = (await readMessage(broker.p, socket)) as ToolRequest | undefined;
  if (Array.isArray(request?.args) && request.cookie === readCookie(broker.p))
    writeMessage(socket, answerTool(broker, request));
  socket.end();
}
