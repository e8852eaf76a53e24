import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { execute, type Result, type Sandbox } from './sandbox.ts';

export interface Started {
  attempt: string;
  scenario: string;
  id: string;
  kubeconfig: string;
  context: string;
  server: string;
}

export interface CheckReport {
  attempt: string;
  scenario: string;
  score: number;
  max: number;
  solved: boolean;
  checks: { id: string; status: string; weight: number; expected: string; actual: string; why: string }[];
}

/** kubectl as the learner has it, on one cluster. */
export class Kubectl {
  readonly file: string;
  readonly env: Record<string, string>;
  readonly #folder: string;

  constructor(user: Sandbox, kubeconfig: string, file = 'kubectl') {
    this.file = file;
    this.env = { ...user.env, KUBECONFIG: kubeconfig };
    this.#folder = user.folder;
  }

  /** Runs it to its end, whatever its exit code. */
  try(
    args: readonly string[],
    { input, env = {} }: { input?: string; env?: Record<string, string> } = {},
  ): Promise<Result> {
    return execute(this.file, args, {
      env: { ...this.env, ...env },
      cwd: this.#folder,
      ...(input === undefined ? {} : { input }),
    });
  }

  /** Runs it; its output. Rejects with what it said if it failed. */
  async run(args: readonly string[], more: { input?: string; env?: Record<string, string> } = {}): Promise<string> {
    const { code, stdout, stderr } = await this.try(args, more);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: exit code ${code}\n${stdout}${stderr}`);
    return stdout;
  }

  async json<T>(args: readonly string[]): Promise<T> {
    return JSON.parse(await this.run([...args, '-o', 'json'])) as T;
  }

  /** Reads a command that goes on for ever until a line is as wanted; that line. Meanwhile `during` happens. */
  async line(
    args: readonly string[],
    wanted: RegExp,
    during: () => Promise<unknown> = async () => undefined,
  ): Promise<string> {
    const child = spawn(this.file, args, { env: this.env, stdio: ['ignore', 'pipe', 'pipe'] });
    const seen: string[] = [];
    try {
      const found = new Promise<string>((resolve, reject) => {
        const timer = setTimeout(
          () => reject(new Error(`no ${wanted} from ${args.join(' ')}:\n${seen.join('\n')}`)),
          30_000,
        );
        for (const stream of [child.stdout, child.stderr]) {
          createInterface(stream).on('line', (line) => {
            seen.push(line);
            if (!wanted.test(line)) return;
            clearTimeout(timer);
            resolve(line);
          });
        }
      });
      await during();
      return await found;
    } finally {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      if (child.exitCode === null && child.signalCode === null) {
        child.kill();
        await ended;
      }
    }
  }
}

interface Listed {
  items: { kind: string; metadata: { name: string; namespace?: string; labels?: object }; [field: string]: unknown }[];
}

/** Kinds whose objects come and go by themselves. */
const restless = [
  'events',
  'events.events.k8s.io',
  'pods',
  'leases.coordination.k8s.io',
  'endpointslices.discovery.k8s.io',
  'endpoints',
  'componentstatuses',
];

/** What the learner could have changed: every object of the cluster without what the cluster itself writes. */
export async function inventory(kubectl: Kubectl): Promise<Record<string, unknown>> {
  const kinds = (await kubectl.run(['api-resources', '--verbs=list', '-o', 'name'])).trim().split('\n');
  const asked = kinds.filter((kind) => !restless.includes(kind));
  const { items } = await kubectl.json<Listed>(['get', asked.join(','), '-A']);
  return Object.fromEntries(
    items.map(({ kind, metadata: { name, namespace, labels }, spec, data, rules, subjects, roleRef }) => {
      const key = [kind, namespace, name].filter(Boolean).join('/');
      return [key, { labels, ...(kind === 'Node' ? {} : { spec }), data, rules, subjects, roleRef }];
    }),
  );
}
