import type { ProcessStreams } from '../../../kernel/process-streams.ts';
import type { Status } from '../../../kube/api.gen.ts';
import { badRequest } from '../../errors/status.ts';
import type { Upgrade } from '../../upgrade.ts';
import { type CommandStreams, spdyChannel, webSocketChannel } from './command-channel.ts';
import { plainFailure, runCommand } from './remote-command.ts';
import { acceptSpdy, acceptWebSocket, offeredProtocols } from './upgrade.ts';

/**
 * Serves an exec or attach over the connection whose upgrade was asked for: a WebSocket or SPDY. Resolves when it is over.
 * @param webSocketFailure what clients of a WebSocket are told of a process that could not be started
 * @throws 400 for a WebSocket of another protocol
 */
export async function serveCommand(
  upgrade: Upgrade,
  streams: CommandStreams,
  start: () => Promise<ProcessStreams>,
  webSocketFailure: (error: unknown) => Status,
): Promise<void> {
  if (upgrade.protocol === 'websocket') {
    const protocol = offeredProtocols(upgrade.request).find((one) => /^v[45]\.channel\.k8s\.io$/.test(one));
    if (!protocol) throw badRequest('unable to upgrade: the server knows v5.channel.k8s.io and v4.channel.k8s.io');
    const channel = webSocketChannel(await acceptWebSocket(upgrade, protocol), streams);
    return runCommand(channel, start, webSocketFailure);
  }
  // It rejects where the client goes before it has opened its streams: there is nobody to tell.
  const channel = await spdyChannel(acceptSpdy(upgrade, 'v4.channel.k8s.io'), streams).catch(() => undefined);
  if (channel) await runCommand(channel, start, plainFailure);
}
