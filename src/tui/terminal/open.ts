import type { Clock } from '../../kernel/clock.ts';
import type { ShellCommand } from '../../session/shell.ts';
import { loadPty } from './pty.ts';
import { type PanePlace, ShellPane } from './shell-pane.ts';

/** Runs a shell in a pane; undefined: pseudo-terminals cannot be had here. Loaded when the first one is asked for. */
export function openPane(command: ShellCommand, place: PanePlace, clock: Clock): ShellPane | undefined {
  const pty = loadPty();
  return pty && new ShellPane(pty, command, place, clock);
}
