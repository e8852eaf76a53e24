import { openProvider } from './open.ts';
import { providerContract } from './provider.ts';

providerContract({
  name: 'embedded',
  open: (folder) => openProvider('embedded', folder),
  sideBySide: true,
  fast: true,
  // It lives in this process: what it leaves would be files, listening sockets, children.
  outside: async () =>
    process
      .getActiveResourcesInfo()
      .filter((kind) => /Server|Process/.test(kind))
      .sort(),
  patience: 20_000,
});
