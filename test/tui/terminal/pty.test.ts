import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import { isMissing } from '../../../src/tui/terminal/pty.ts';

it('tells a package that is not there from one that fails to load', () => {
  const attempt = (load: () => unknown) => {
    try {
      return load();
    } catch (error) {
      return error;
    }
  };
  const notInstalled = attempt(() => createRequire(import.meta.url)('no-such-package-of-ours'));
  expect(isMissing(notInstalled)).toBe(true);
  expect(isMissing(new Error('no binary for this platform', { cause: notInstalled }))).toBe(true);
  const foreign = attempt(() => process.dlopen({ exports: {} }, import.meta.filename));
  expect(isMissing(foreign)).toBe(true);
  expect(isMissing(new SyntaxError('Unexpected token'))).toBe(false);
});
