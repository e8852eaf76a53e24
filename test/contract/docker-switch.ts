import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';

/**
 * Docker as one user has it: a socket in front of the real one that can be taken away. To its users that is a daemon that
 * has stopped; everybody else's containers are left alone.
 */
export class DockerSwitch {
  /** For DOCKER_HOST. */
  readonly host: string;
  readonly #path: string;
  readonly #real: string;
  readonly #open = new Set<Socket>();
  #server: Server | undefined;

  private constructor(folder: string) {
    this.#path = join(folder, 'docker.sock');
    this.host = `unix://${this.#path}`;
    this.#real = (process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock').replace(/^unix:\/\//, '');
  }

  static async in(folder: string): Promise<DockerSwitch> {
    const docker = new DockerSwitch(folder);
    await docker.on();
    return docker;
  }

  async on(): Promise<void> {
    if (this.#server) return;
    // An exec goes on to answer after its input has ended.
    const server = createServer({ allowHalfOpen: true }, (client) => {
      const daemon = connect({ path: this.#real, allowHalfOpen: true });
      for (const [socket, other] of [
        [client, daemon],
        [daemon, client],
      ] as const) {
        this.#open.add(socket);
        socket.on('error', () => socket.destroy());
        socket.on('close', () => {
          this.#open.delete(socket);
          other.destroy();
        });
      }
      client.pipe(daemon).pipe(client);
    });
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#path, resolve);
    });
  }

  async off(): Promise<void> {
    const server = this.#server;
    if (!server) return;
    this.#server = undefined;
    for (const socket of this.#open) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
}
