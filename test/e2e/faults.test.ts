import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, type TestContext } from 'vitest';
import type { AttemptState } from '../../src/session/types.ts';
import { Following } from './following.ts';
import { type CheckReport, Kubectl, type Started } from './lab.ts';
import { Sandbox } from './sandbox.ts';

const namespace = ['-n', 'project-swan'];
const createRole = ['create', 'role', 'pod-reader', '--verb=list', '--resource=pods', ...namespace];
const account = '--serviceaccount=project-swan:default';
const bindRole = ['create', 'rolebinding', 'pod-reader', '--role=pod-reader', account, ...namespace];

const isTroubled = ({ verdicts, running }: AttemptState) =>
  verdicts.length > 0 && !running && verdicts.every((verdict) => verdict.status === 'error');
const isJudged = ({ verdicts, running }: AttemptState) =>
  verdicts.length > 0 && running && verdicts.every(({ status }) => status === 'pass' || status === 'fail');
const reasons = ({ verdicts }: AttemptState) => [...new Set(verdicts.map((verdict) => verdict.why))].join('\n');

let user: Sandbox;
const following: Following[] = [];
beforeEach(async () => {
  user = await Sandbox.create();
});
afterEach(async () => {
  for (const one of following.splice(0)) one.close();
  await user.dispose();
});

async function follow(): Promise<Following> {
  const one = await Following.newest(user);
  following.push(one);
  return one;
}

/** Starts the lab, takes a hint and does the first half of the fix. */
async function halfWay(...where: string[]) {
  const started = await user.json<Started>(['start', 'forbidden-deployment', ...where]);
  const kubectl = new Kubectl(user, started.kubeconfig);
  expect(await user.json(['hint'])).toMatchObject({ left: 2 });
  await kubectl.run(createRole);
  const attempt = await follow();
  const before = await attempt.until((s) => isJudged(s) && s.activities.some((a) => a.name === 'pod-reader'));
  return { started, kubectl, attempt, before };
}

/** All that an attempt has come to, without what only the moment says. */
function attained({ phase, hints, passedBefore, activities, verdicts, score }: AttemptState) {
  return { phase, hints, passedBefore, activities, score, statuses: verdicts.map(({ id, status }) => [id, status]) };
}

describe('when an existing cluster', () => {
  let owner: Sandbox;
  let where: string[];
  beforeEach(async () => {
    owner = await Sandbox.create();
    const { kubeconfig } = await owner.json<Started>(['cluster', 'up', '--name', 'existing']);
    await owner.json(['cluster', 'adopt', '--yes', '--kubeconfig', kubeconfig]);
    where = ['--provider', 'kubeconfig', '--kubeconfig', kubeconfig];
  });
  afterEach(() => owner.dispose());

  it('hangs for 20 seconds, verdicts are errors meanwhile, and nothing is lost', async () => {
    const { kubectl, attempt, before } = await halfWay(...where);
    const watching = user.run(['check', '--watch']);
    const server = (await owner.daemonPid()) ?? expect.unreachable();
    process.kill(server, 'SIGSTOP');
    const pause = delay(20_000);
    try {
      const troubled = await attempt.until(isTroubled);
      expect(reasons(troubled)).toBe('no answer within 4 s');
      const { code, stdout } = await user.run(['check', '--json']);
      expect(code).toBe(3);
      for (const check of (JSON.parse(stdout) as CheckReport).checks) expect(check.status).toBe('error');
      // The lab itself answers all the time.
      expect(await user.json(['hint'])).toMatchObject({ left: 1 });
      await pause;
    } finally {
      process.kill(server, 'SIGCONT');
    }
    const after = attained(await attempt.until(isJudged));
    expect(after).toEqual({ ...attained(before), hints: after.hints });
    expect(after.hints.taken).toHaveLength(2);
    await kubectl.run(bindRole);
    await attempt.until((state) => state.solved);
    const seen = await watching;
    expect(seen.code).toBe(0);
    expect(seen.stdout).toContain('no answer within 4 s');
  });

  it('goes away and comes back, the attempt goes on', async () => {
    const { kubectl, attempt, before } = await halfWay(...where);
    await owner.killDaemon();
    expect(reasons(await attempt.until(isTroubled))).toMatch(/does not answer.*ECONNREFUSED/);
    // The next daemon brings its clusters back, on their old ports.
    expect((await owner.run(['cluster', 'doctor', 'existing'])).code).toBe(0);
    expect(attained(await attempt.until(isJudged))).toEqual(attained(before));
    await kubectl.run(bindRole);
    await attempt.until((state) => state.solved);
  });

  it('is away when the daemon of the lab starts, it says so, and the attempt goes on later', async () => {
    const { kubectl, before } = await halfWay(...where);
    await owner.killDaemon();
    await user.killDaemon();
    expect(await user.run(['check'])).toMatchObject({ code: 3, stdout: expect.stringContaining('does not answer') });
    expect((await owner.run(['cluster', 'doctor', 'existing'])).code).toBe(0);
    const attempt = await follow();
    expect(attained(await attempt.until(isJudged))).toEqual(attained(before));
    await kubectl.run(bindRole);
    await attempt.until((state) => state.solved);
  });
});

const repairs = ({ activities }: AttemptState) => activities.filter((a) => a.kind === 'file');
const isMended = (state: AttemptState) => repairs(state).length > 0;

/** What a kubectl says of the file that it is set to. */
async function view(kubectl: Kubectl) {
  const { clusters, contexts, users, ...rest } = await kubectl.json<Kubeconfig>(['config', 'view', '--raw']);
  return { ...rest, clusters: byName(clusters), contexts: byName(contexts), users: byName(users) };
}

type Named = { name: string };
interface Kubeconfig {
  clusters: Named[];
  contexts: Named[];
  users: Named[];
  'current-context': string;
}

function byName(entries: Named[]): Record<string, Named> {
  return Object.fromEntries(entries.map((entry) => [entry.name, entry]));
}

describe('when the kubeconfig of a lab', () => {
  it('is set up by its learner, only what leads to the cluster is mended, and that is said', async () => {
    const { started, kubectl, attempt } = await halfWay();
    const { context } = started;
    const before = await view(kubectl);
    await kubectl.run(['config', 'set-context', '--current', '--namespace=project-swan']);
    await kubectl.run(['config', 'set-context', 'mine', `--cluster=${context}`, '--user=jane', '--namespace=x']);
    await kubectl.run(['config', 'set-credentials', 'jane', '--token=t']);
    await kubectl.run(['config', 'set-cluster', 'elsewhere', '--server=https://192.0.2.1:6443']);
    const own = await view(kubectl);
    await kubectl.run(['config', 'set-cluster', context, '--server=https://192.0.2.7:6443']);
    await kubectl.run(['config', 'unset', `users.${context}`]);
    const [repair] = repairs(await attempt.until(isMended));
    expect(repair?.manager).toBe('kubedrill');
    expect(repair?.detail).toBe(
      `put back server of the cluster ${context}, the user ${context}; the rest is as you left it`,
    );
    expect(await view(kubectl)).toEqual(own);
    expect(own).toMatchObject({ 'current-context': context, clusters: before.clusters, users: before.users });
    // Judging went on all the time, and what the learner does next lands where they said.
    expect(isTroubled(await attempt.until(isJudged))).toBe(false);
    const flags = ['--role=pod-reader', '--serviceaccount=project-swan:default'];
    await kubectl.run(['create', 'rolebinding', 'pod-reader', ...flags]);
    await attempt.until((state) => state.solved);
    await kubectl.run(['config', 'use-context', 'mine']);
    await user.run(['reset']);

    // A daemon that finds its port taken tells where the cluster is now.
    await user.killDaemon();
    const squatter = createServer().listen(Number(new URL(started.server).port), '127.0.0.1');
    await once(squatter, 'listening');
    try {
      const { current } = await user.json<{ current: { cluster: { server: string } } }>(['status']);
      expect(current.cluster.server).not.toBe(started.server);
      const after = await view(kubectl);
      expect(after.clusters[context]).toMatchObject({ cluster: { server: current.cluster.server } });
      const { clusters: _, ...rest } = own;
      expect(after).toMatchObject({ ...rest, 'current-context': 'mine' });
      const again = await follow();
      const moved = repairs(await again.until(isMended));
      expect(moved.map((a) => a.detail)).toEqual([`the server is at ${current.cluster.server} now`]);
    } finally {
      squatter.close();
    }
  });

  it("is swapped for another cluster's, its own way is added, and the right cluster is judged", async () => {
    const { started, kubectl, attempt } = await halfWay();
    const other = await user.json<Started>(['cluster', 'up', '--name', 'other']);
    writeFileSync(started.kubeconfig, readFileSync(other.kubeconfig, 'utf8'));
    await attempt.until(isMended);
    expect(await view(kubectl)).toMatchObject({ 'current-context': other.context });
    await kubectl.run([...bindRole, '--context', started.context]);
    await attempt.until((state) => state.solved);
  });

  it('is deleted or broken, it is put back for its owner alone, and what was in it is kept', async () => {
    const { started, attempt } = await halfWay();
    const own = readFileSync(started.kubeconfig, 'utf8');
    rmSync(started.kubeconfig);
    await attempt.until(isMended);
    expect(readFileSync(started.kubeconfig, 'utf8')).toBe(own);
    expect(statSync(started.kubeconfig).mode & 0o777).toBe(0o600);
    writeFileSync(started.kubeconfig, 'clusters: [');
    const state = await attempt.until((s) => repairs(s).length === 2);
    expect(repairs(state)[1]?.detail).toMatch(/^it could not be read .*; yours is kept as kubeconfig\.broken$/);
    expect(readFileSync(started.kubeconfig, 'utf8')).toBe(own);
    expect(readFileSync(`${started.kubeconfig}.broken`, 'utf8')).toBe('clusters: [');
  });
});

describe('when the disk is full (needs root on Linux)', () => {
  let disk: SmallDisk | undefined;
  afterEach(async () => {
    if (!disk) return;
    // Who has files open on it goes first.
    if (await user.daemonPid()) await user.killDaemon();
    disk.remove();
    disk = undefined;
  });

  it('under the log of an attempt, verdicts are errors until there is room, and nothing is lost', async (context) => {
    disk = SmallDisk.at(context, join(user.paths.state, 'attempts'), '1m');
    const { kubectl, attempt, before } = await halfWay();
    disk.fill();
    const troubled = attempt.until(isTroubled);
    let written = 0;
    const full = troubled.then(() => true);
    // Each of them is an activity in the log, whose last block has some room left.
    do await kubectl.run(['create', 'configmap', `note-${written++}`, ...namespace]);
    while (!(await Promise.race([full, delay(0, false)])));
    expect(reasons(await troubled)).toMatch(/events\.jsonl cannot be written: ENOSPC/);
    expect((await user.run(['check'])).code).toBe(3);
    await kubectl.run(['create', 'configmap', 'last-note', ...namespace]);
    disk.free();
    await attempt.until((s) => isJudged(s) && s.activities.some((a) => a.name === 'last-note'));
    await user.killDaemon();
    // What is reported now was read from the disk.
    expect((await user.run(['check'])).code).toBe(1);
    const again = await follow();
    const after = attained(await again.until(isJudged));
    expect(after).toEqual({ ...attained(before), activities: after.activities });
    const names = after.activities.map((activity) => activity.name);
    for (let n = 0; n < written; n++) expect(names).toContain(`note-${n}`);
    await kubectl.run(bindRole);
    await again.until((state) => state.solved);
  });

  it('under an embedded cluster, writes are refused with the reason until there is room, and nothing is lost', async (context) => {
    disk = SmallDisk.at(context, user.paths.state, '24m');
    const { id, kubeconfig } = await user.json<Started>(['cluster', 'up']);
    const kubectl = new Kubectl(user, kubeconfig);
    const create = (name: string) => kubectl.try(['create', 'configmap', name]);
    disk.fill();
    const kept: string[] = [];
    let refused = await create('note-0');
    for (let n = 1; refused.code === 0; n++) {
      kept.push(`configmap/note-${n - 1}`);
      refused = await create(`note-${n}`);
    }
    expect(refused.stderr).toMatch(/Internal error occurred: cannot write the cluster's log .*: ENOSPC/);
    // Reads go on.
    const notes = async () =>
      (await kubectl.run(['get', 'configmaps', '-o', 'name'])).split('\n').filter((name) => name.includes('note'));
    expect((await notes()).sort()).toEqual(kept.sort());
    disk.free();
    expect((await create('afterwards')).code).toBe(0);
    await user.killDaemon();
    expect((await user.run(['cluster', 'doctor', id])).code).toBe(0);
    expect((await notes()).sort()).toEqual(kept.sort());
    await kubectl.run(['get', 'configmap', 'afterwards']);
  });

  it('under all of a lab, a reset fails with the reason, and does its work once there is room', async (context) => {
    disk = SmallDisk.at(context, user.paths.state, '24m');
    const { kubectl, before } = await halfWay();
    disk.fill();
    // What is left of the log's last block is used up.
    for (let n = 0; (await kubectl.try(['create', 'configmap', `note-${n}`, ...namespace])).code === 0; n++);
    expect(await user.run(['reset'])).toMatchObject({ code: 3, stderr: expect.stringContaining('ENOSPC') });
    disk.free();
    expect((await user.run(['reset'])).code).toBe(0);
    expect(await user.json(['cluster', 'doctor'])).toEqual({ differences: [] });
    const attempt = await follow();
    // The price of a hint outlives a reset.
    expect((await attempt.until(isJudged)).hints).toEqual(before.hints);
  });
});

/** A disk of its own under a folder, so small that it can be filled. */
class SmallDisk {
  readonly #folder: string;
  readonly #filler: string;

  private constructor(folder: string) {
    this.#folder = folder;
    this.#filler = join(folder, 'filler');
  }

  /** Skips the test where disks can't be mounted. */
  static at({ skip }: TestContext, folder: string, size: string): SmallDisk {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=700`, 'tmpfs', folder], { stdio: 'pipe' });
    } catch (error) {
      skip(`mounting a small disk takes root on Linux: ${(error as Error).message}`);
    }
    return new SmallDisk(folder);
  }

  /** Takes all room but what is left in the last blocks of files. */
  fill(): void {
    for (let size = 2 ** 20; size >= 1; size /= 2) {
      try {
        for (;;) appendFileSync(this.#filler, Buffer.alloc(size));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
    }
  }

  free(): void {
    rmSync(this.#filler);
  }

  remove(): void {
    execFileSync('umount', [this.#folder]);
  }
}
