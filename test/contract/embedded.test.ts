import { openProvider } from './open.ts';
import { providerContract } from './provider.ts';

providerContract({
  name: 'embedded',
  open: (folder) => openProvider('embedded', folder),
  sideBySide: true,
  // It lives in this process: what it leaves would be files.
  outside: async () => [],
  patience: 20_000,
});
