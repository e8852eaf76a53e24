import { execa } from 'execa';
import { kindEnvironment, openProvider } from './open.ts';
import { providerContract } from './provider.ts';

const nodeImage = process.env.KUBEDRILL_NODE_IMAGE;

providerContract({
  name: 'kind',
  open: (folder) => openProvider('kind', folder),
  spec: nodeImage ? { nodeImage } : {},
  sideBySide: true,
  // kind's own network stays with Docker: it is created once.
  outside: async () => {
    const [containers, volumes] = await Promise.all([
      execa('docker', ['ps', '--all', '--format', '{{.Names}}'], { env: kindEnvironment }),
      execa('docker', ['volume', 'ls', '--quiet'], { env: kindEnvironment }),
    ]);
    return [...containers.stdout.split('\n'), ...volumes.stdout.split('\n')].filter(Boolean).sort();
  },
  patience: 90_000,
});
