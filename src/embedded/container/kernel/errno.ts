/** Error numbers as programs see them, with strerror's texts. */
const texts = {
  EPERM: 'Operation not permitted',
  ENOENT: 'No such file or directory',
  ESRCH: 'No such process',
  EINTR: 'Interrupted system call',
  EIO: 'I/O error',
  E2BIG: 'Argument list too long',
  ENOEXEC: 'Exec format error',
  EBADF: 'Bad file descriptor',
  ECHILD: 'No child process',
  EAGAIN: 'Resource temporarily unavailable',
  ENOMEM: 'Out of memory',
  EACCES: 'Permission denied',
  EBUSY: 'Resource busy',
  EEXIST: 'File exists',
  EXDEV: 'Cross-device link',
  ENOTDIR: 'Not a directory',
  EISDIR: 'Is a directory',
  EINVAL: 'Invalid argument',
  EMFILE: 'No file descriptors available',
  ENOTTY: 'Not a tty',
  ETXTBSY: 'Text file busy',
  EFBIG: 'File too large',
  ENOSPC: 'No space left on device',
  ESPIPE: 'Invalid seek',
  EROFS: 'Read-only file system',
  EPIPE: 'Broken pipe',
  ENAMETOOLONG: 'Filename too long',
  ENOTEMPTY: 'Directory not empty',
  ELOOP: 'Symbolic link loop',
  EADDRINUSE: 'Address in use',
  ENETUNREACH: 'Network unreachable',
  ECONNRESET: 'Connection reset by peer',
  ETIMEDOUT: 'Operation timed out',
  ECONNREFUSED: 'Connection refused',
  EHOSTUNREACH: 'Host is unreachable',
} as const;

export type Errno = keyof typeof texts;

/** What a system call throws. */
export class SysError extends Error {
  readonly code: Errno;

  constructor(code: Errno) {
    super(texts[code]);
    this.code = code;
  }
}

/** Whether `error` is a SysError, of one of `codes` if any are given. */
export function isSysError(error: unknown, ...codes: Errno[]): error is SysError {
  return error instanceof SysError && (codes.length === 0 || codes.includes(error.code));
}
