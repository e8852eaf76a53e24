/** systemctl on a node: the kubelet and containerd are its services. */
import type { Clock } from '../../../kernel/clock.ts';
import type { UnitAnswer } from '../../node-api.ts';
import { type Containerd, containerdUnit } from './containerd.ts';
import type { NodeFiles } from './files.ts';
import type { Journal } from './journal.ts';
import type { KubeletService } from './kubelet-service.ts';
import {
  complained,
  enable,
  isEnabled,
  kubeletUnit,
  readUnit,
  said,
  statusText,
  type UnitDefinition,
} from './units.ts';

export interface SystemctlOptions {
  /** Of the node. */
  name: string;
  clock: Clock;
  files: NodeFiles;
  journal: Journal;
  service: KubeletService;
  containerd: Containerd;
}

export class Systemctl {
  readonly #options: SystemctlOptions;

  constructor(options: SystemctlOptions) {
    this.#options = options;
  }

  /** What it prints for a verb, and its exit code. */
  async run(verb: string, names: readonly string[]): Promise<UnitAnswer> {
    if (verb === 'daemon-reload') {
      this.#options.service.reload();
      return said('');
    }
    if (verb === 'list-units' || verb === 'list-unit-files') return said(this.#unitList());
    if (names.length === 0) return complained('Too few arguments.\n', 1);
    let all: UnitAnswer = said('');
    for (const name of names) {
      const unit = name.includes('.') ? name : `${name}.service`;
      const one = await this.#unitVerb(verb, unit);
      all = { stdout: all.stdout + one.stdout, stderr: all.stderr + one.stderr, code: one.code || all.code };
    }
    return all;
  }

  async #unitVerb(verb: string, unit: string): Promise<UnitAnswer> {
    if (unit === containerdUnit) return this.#options.containerd.unitVerb(verb);
    if (unit !== kubeletUnit || !this.#options.service.unit) {
      if (verb === 'status') return complained(`Unit ${unit} could not be found.\n`, 4);
      if (verb === 'is-active') return said('inactive\n', 4);
      return complained(`Failed to ${verb} ${unit}: Unit ${unit} not found.\n`, 5);
    }
    const { active } = this.#options.service.state;
    const warning = this.#changedOnDisk()
      ? `Warning: The unit file, source configuration file or drop-ins of ${unit} changed on disk. Run 'systemctl daemon-reload' to reload units.\n`
      : '';
    switch (verb) {
      case 'status': {
        const { clock } = this.#options;
        const facts = {
          files: this.#options.files,
          now: clock.now(),
          node: this.#options.name,
          journal: this.#options.journal.entries,
        };
        return {
          stdout: statusText(this.#options.service.unit, this.#options.service.state, facts),
          stderr: warning,
          code: active === 'active' ? 0 : 3,
        };
      }
      case 'is-active':
        return said(`${active}\n`, active === 'active' ? 0 : 3);
      case 'is-enabled':
        return isEnabled(this.#options.files) ? said('enabled\n') : said('disabled\n', 1);
      case 'is-failed':
        return said(`${active}\n`, 1);
      case 'cat':
        return said(this.#unitFiles());
      case 'enable':
        return enable(this.#options.files, true);
      case 'disable':
        return enable(this.#options.files, false);
      case 'stop':
        this.#options.service.stop();
        return complained(warning, 0);
      case 'start':
        if (active !== 'active') await this.#options.service.start();
        return complained(warning, 0);
      case 'restart':
      case 'reload-or-restart':
      case 'try-restart':
        if (verb === 'try-restart' && active === 'inactive') return said('');
        this.#options.service.stop();
        await this.#options.service.start();
        return complained(warning, 0);
    }
    return complained(`Unknown command verb '${verb}'.\n`, 1);
  }

  #unitList(): string {
    const sub = { active: 'running', inactive: 'dead', activating: 'auto-restart' }[this.#options.service.state.active];
    const rows = [
      ['  UNIT', 'LOAD', 'ACTIVE', 'SUB', 'DESCRIPTION'],
      [`  ${containerdUnit}`, 'loaded', 'active', 'running', 'containerd container runtime'],
      [
        `  ${kubeletUnit}`,
        'loaded',
        this.#options.service.state.active,
        sub,
        this.#options.service.unit?.description ?? '',
      ],
    ];
    return rows
      .map(
        ([unit = '', ...rest]) =>
          `${unit.padEnd(22)}${rest
            .map((cell) => cell.padEnd(13))
            .join('')
            .trimEnd()}\n`,
      )
      .join('');
  }

  #unitFiles(): string {
    const folder = `/etc/systemd/system/${kubeletUnit}`;
    const paths = [folder, ...(this.#options.service.unit?.dropIns ?? []).map((name) => `${folder}.d/${name}`)];
    return paths.map((path) => `# ${path}\n${this.#options.files.text(path) ?? ''}`).join('\n');
  }

  #changedOnDisk(): boolean {
    const text = (unit: UnitDefinition | undefined) => JSON.stringify([unit, [...(unit?.environment ?? [])]]);
    return text(readUnit(this.#options.files)) !== text(this.#options.service.unit);
  }
}
