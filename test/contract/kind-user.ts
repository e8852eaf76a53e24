import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import { Sandbox } from '../e2e/sandbox.ts';
import { DockerSwitch } from './docker-switch.ts';
import { sharedKind } from './open.ts';

/** Somebody new on this machine who works with kind. */
export class KindUser {
  readonly sandbox: Sandbox;
  /** Docker as this user has it. */
  readonly dockerSwitch: DockerSwitch;

  private constructor(sandbox: Sandbox, dockerSwitch: DockerSwitch) {
    this.sandbox = sandbox;
    this.dockerSwitch = dockerSwitch;
  }

  static async create(): Promise<KindUser> {
    const sandbox = await Sandbox.create();
    const dockerSwitch = await DockerSwitch.in(sandbox.folder);
    const { PATH = '', KUBEDRILL_NODE_IMAGE } = process.env;
    sandbox.env.PATH = [join(sharedKind, 'bin'), sandbox.env.PATH, PATH].join(delimiter);
    sandbox.env.DOCKER_HOST = dockerSwitch.host;
    if (KUBEDRILL_NODE_IMAGE) sandbox.env.KUBEDRILL_NODE_IMAGE = KUBEDRILL_NODE_IMAGE;
    return new KindUser(sandbox, dockerSwitch);
  }

  /** The container of the newest attempt's control plane. */
  async controlPlane(): Promise<string> {
    const { command } = await this.sandbox.json<{ command: string[] }>(['node', 'shell', 'control-plane']);
    const name = command.find((word) => word.endsWith('-control-plane'));
    if (!name) throw new Error(`no node in: ${command.join(' ')}`);
    return name;
  }

  /** Files of clusters and attempts in the state folder. */
  left(): string[] {
    const { state } = this.sandbox.paths;
    return ['kind', 'attempts'].flatMap((folder) => {
      const path = join(state, folder);
      return existsSync(path) ? readdirSync(path, { recursive: true }).map(String) : [];
    });
  }

  /** Ends the attempt if one runs, and all that was kept. */
  async dispose(): Promise<void> {
    await this.dockerSwitch.on();
    await this.sandbox.run(['stop']);
    await this.sandbox.dispose();
    await this.dockerSwitch.off();
  }
}

/** The machine's Docker, whatever a user has been cut off from. */
export async function docker(...args: string[]): Promise<string> {
  return (await execa('docker', args)).stdout;
}

/** All containers of this machine, running or not. */
export async function containers(): Promise<string[]> {
  return (await docker('ps', '--all', '--format', '{{.Names}}')).split('\n').filter(Boolean).sort();
}
