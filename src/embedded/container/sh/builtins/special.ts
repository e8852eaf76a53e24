/** POSIX' special builtins: found before functions; their assignments stay. */
export const specialBuiltins: ReadonlySet<string> = new Set([
  ...[':', '.', 'break', 'continue', 'eval', 'exec', 'exit', 'export', 'readonly', 'return', 'set', 'shift', 'times'],
  ...['trap', 'unset'],
]);
