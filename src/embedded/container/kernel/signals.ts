/** Signal numbers of Linux. */
export const signals = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGTRAP: 5,
  SIGABRT: 6,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGSEGV: 11,
  SIGUSR2: 12,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
  SIGCHLD: 17,
  SIGCONT: 18,
  SIGSTOP: 19,
  SIGTSTP: 20,
  SIGTTIN: 21,
  SIGTTOU: 22,
  SIGURG: 23,
  SIGWINCH: 28,
} as const;

export type SignalName = keyof typeof signals;

const byNumber = new Map<number, SignalName>(Object.entries(signals).map(([name, n]) => [n, name as SignalName]));

/** Parses `TERM`, `SIGTERM`, `term` or `15`; undefined if there is no such signal. 0 is allowed (existence test). */
export function parseSignal(text: string): number | undefined {
  if (/^\d+$/.test(text)) {
    const n = Number(text);
    return n === 0 || byNumber.has(n) || (n > 0 && n < 65) ? n : undefined;
  }
  const name = text.toUpperCase();
  const full = name.startsWith('SIG') ? name : `SIG${name}`;
  return full in signals ? signals[full as SignalName] : undefined;
}

/** `TERM` for 15; the number itself where there is no name. */
export function signalName(n: number): string {
  return byNumber.get(n)?.slice(3) ?? String(n);
}

/** What a shell prints when a child died of a signal; undefined where it prints nothing. */
export function signalText(n: number): string | undefined {
  switch (n) {
    case signals.SIGINT:
    case signals.SIGPIPE:
      return undefined;
    case signals.SIGKILL:
      return 'Killed';
    case signals.SIGTERM:
      return 'Terminated';
    case signals.SIGHUP:
      return 'Hangup';
    case signals.SIGQUIT:
      return 'Quit';
    case signals.SIGSEGV:
      return 'Segmentation fault';
    case signals.SIGABRT:
      return 'Aborted';
    case signals.SIGALRM:
      return 'Alarm clock';
    case signals.SIGUSR1:
      return 'User defined signal 1';
    case signals.SIGUSR2:
      return 'User defined signal 2';
    default:
      return undefined;
  }
}

const ignoredByDefault: ReadonlySet<number> = new Set([
  signals.SIGCHLD,
  signals.SIGCONT,
  signals.SIGURG,
  signals.SIGWINCH,
  // Job control stops are not simulated: a stopped process goes on.
  signals.SIGSTOP,
  signals.SIGTSTP,
  signals.SIGTTIN,
  signals.SIGTTOU,
]);

/** Whether a signal without a handler ends the process. */
export function endsByDefault(n: number): boolean {
  return !ignoredByDefault.has(n);
}
