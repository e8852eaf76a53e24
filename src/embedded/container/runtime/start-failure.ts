import type { StartFailure } from '../../container-api.ts';

/** A container could not be started, or a process in it. */
export class RuntimeStartFailure extends Error implements StartFailure {
  readonly reason: 'StartError' | 'ContainerCannotRun';
  readonly exitCode: number;

  constructor(reason: 'StartError' | 'ContainerCannotRun', message: string, exitCode: number) {
    super(message);
    this.reason = reason;
    this.exitCode = exitCode;
  }
}
