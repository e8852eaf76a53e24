import type { SysError } from '../../kernel/errno.ts';

const numbers: Readonly<Record<string, number>> = {
  EPERM: 1,
  ENOENT: 2,
  EACCES: 13,
  ENOTDIR: 20,
  EISDIR: 21,
  EROFS: 30,
  ELOOP: 40,
  EADDRINUSE: 98,
  ETIMEDOUT: 110,
  ECONNREFUSED: 111,
  EHOSTUNREACH: 113,
};

/** `(2: No such file or directory)`: how nginx shows a failed system call. */
export function errnoText(error: SysError): string {
  const text = error.code === 'EADDRINUSE' ? 'Address already in use' : error.message;
  return `(${numbers[error.code] ?? 5}: ${text})`;
}
