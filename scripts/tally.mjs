// Runs checks one after the other and adds up what passed and failed: `npm test` and `npm run test:kind`.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { env, projectNode, root } from './ensure.mjs';

const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');

/** What vitest complains of beside failed tests, and the one such complaint after which a file has simply not been run. */
const complaint = /⎯ (Unhandled Error|Unhandled Rejection|Uncaught Exception) ⎯/g;
const notStarted = /\[vitest-pool\]: (Failed to start|Timeout starting) /g;
const countOf = (text, pattern) => stripVTControlCharacters(text).match(pattern)?.length ?? 0;

const named = (projects) => projects.flatMap((project) => ['--project', project]);

/** A test that is left out is a failure, but for those whose names say what they need beyond a clone. */
const mayBeSkipped = /\(needs .+\)/;

/** So much of an error stream is said once more at the end, in characters. */
const longestComplaint = 20_000;

export class Tally {
  #totals = { passed: 0, failed: 0 };
  #failures = [];
  /** What failed, said once more at the end: the log above it is long. */
  #details = [];
  #interrupted = false;
  /** A folder that is there until the end. */
  scratch = mkdtempSync(join(tmpdir(), 'kubedrill-test-'));
  #env;

  /** `variables` are in the environment of all that runs. */
  constructor(variables = {}) {
    this.#env = { ...env, ...variables };
    // Those that run get them as well, and end in order: so do we.
    for (const signal of ['SIGINT', 'SIGTERM']) {
      process.on(signal, () => {
        this.#interrupted = true;
      });
    }
  }

  /** Does all that there is to do and says what came of it; what it throws counts as a failure. */
  async of(work) {
    try {
      await work();
    } catch (error) {
      this.#details.push(error.message);
      this.count('the run itself', 0, 1);
    } finally {
      rmSync(this.scratch, { recursive: true, force: true });
    }
    const { passed, failed } = this.#totals;
    for (const detail of this.#details) console.log(`-- ${detail}`);
    if (this.#failures.length > 0) console.log(`failed: ${this.#failures.join(', ')}`);
    console.log(`${passed} passed, ${failed} failed`);
    process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
  }

  /** One command that passes or fails as a whole. */
  async step(name, ...args) {
    const { code } = await this.#run(name, args);
    this.count(name, code === 0 ? 1 : 0, code === 0 ? 0 : 1);
  }

  /** The tests of projects, or of some files of them, with more environment variables, counted one by one. */
  async suite(name, projects, variables = {}, { files = [], workers } = {}) {
    const file = join(this.scratch, `${name.replace(/\W/g, '-')}.json`);
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
    const { code, complaints } = await this.#run(
      name,
      [vitest, 'run', ...reporters, ...(workers ? [`--maxWorkers=${workers}`] : []), ...named(projects), ...files],
      variables,
    );
    if (!existsSync(file)) {
      this.#details.push(`${name}: ended with ${code} and no report\n${complaints}`);
      return this.count(name, 0, 1);
    }
    const report = JSON.parse(readFileSync(file, 'utf8'));
    // A file that does not load has no tests, but it is a failure all the same.
    const broken = report.testResults.filter((f) => f.status === 'failed' && f.assertionResults.length === 0);
    for (const { name, message } of broken) this.#details.push(`${relative(root, name)}\n${message}`);
    const of = (...statuses) =>
      report.testResults.flatMap(({ name, assertionResults }) =>
        assertionResults
          .filter((test) => statuses.includes(test.status))
          .map((test) => ({ ...test, file: relative(root, name) })),
      );
    for (const { file, fullName, failureMessages } of of('failed'))
      this.#details.push(`${file}: ${fullName}\n${failureMessages.join('\n')}`);
    const skipped = of('pending', 'skipped', 'todo', 'disabled').filter(({ fullName }) => !mayBeSkipped.test(fullName));
    for (const { file, fullName } of skipped) this.#details.push(`${file}: ${fullName}\nskipped`);
    const failed = report.numFailedTests + broken.length + skipped.length;
    // An error outside of any test, or a process that did not end: only reported on the error stream.
    const outside = failed === 0 && code !== 0;
    const left = outside && files.length === 0 ? this.#notRun(projects, variables, report, complaints) : [];
    if (left.length > 0) {
      this.count(name, report.numPassedTests, 0);
      return this.suite(`${name} whose process did not start`, projects, variables, { files: left, workers });
    }
    if (outside) this.#details.push(`${name}: ended with ${code} though no test failed\n${complaints}`);
    this.count(name, report.numPassedTests, outside ? 1 : failed);
  }

  /**
   * The files that have still to be run, if that is all that there is to complain of: vitest gives the process of a file a
   * minute to begin, and does without when a machine is held up meanwhile (vitest-dev/vitest#8968).
   */
  #notRun(projects, variables, report, complaints) {
    const delayed = countOf(complaints, notStarted);
    if (delayed === 0 || delayed !== countOf(complaints, complaint)) return [];
    const list = [vitest, 'list', '--filesOnly', '--json', ...named(projects)];
    const { stdout } = spawnSync(projectNode(), list, { cwd: root, env: { ...this.#env, ...variables } });
    const run = new Set(report.testResults.map(({ name }) => name));
    const listed = JSON.parse(String(stdout)).filter((one) => !run.has(one.file));
    return listed.map((one) => relative(root, one.file));
  }

  /** `pack verify` as `args` say: each untouched run, solution, mistake, and difference between clusters counts. */
  async verify(name, { packs = [], args = [] } = {}) {
    const kubedrill = (...words) =>
      this.#run(name, [join(root, 'bin', 'kubedrill.js'), 'pack', ...words, ...packs, '--json'], {
        XDG_STATE_HOME: join(this.scratch, 'state'),
        XDG_CONFIG_HOME: join(this.scratch, 'config'),
      });
    if (packs.length > 0) await kubedrill('trust');
    const { stdout } = await kubedrill('verify', ...args);
    let report;
    try {
      report = JSON.parse(stdout);
      if (!report.scenarios) throw new Error('no report');
    } catch {
      this.#details.push(`${name}: ${stdout}`);
      return this.count(name, 0, 1);
    }
    const proofs = report.scenarios.flatMap((s) =>
      [s.untouched, ...s.solutions, ...s.mistakes].map((p) => ({ scenario: s.id, ...p })),
    );
    const wrong = [...proofs.filter((p) => !p.ok).map((p) => JSON.stringify(p)), ...(report.differences ?? [])];
    for (const text of wrong) this.#details.push(`${name}: ${text}`);
    this.count(name, proofs.filter((p) => p.ok).length, wrong.length || (report.ok ? 0 : 1));
  }

  count(name, passed, failed) {
    this.#totals.passed += passed;
    this.#totals.failed += failed;
    if (failed > 0) this.#failures.push(name);
    console.log(`== ${name}: ${passed} passed, ${failed} failed`);
  }

  /** Resolves with the exit code, the end of what was said on the error stream, and what was printed if that is a document. */
  async #run(name, args, variables = {}) {
    console.log(`== ${name}`);
    const document = args.includes('--json');
    const stdio = ['ignore', document ? 'pipe' : 'inherit', 'pipe'];
    const child = spawn(projectNode(), args, { cwd: root, env: { ...this.#env, ...variables }, stdio });
    let complaints = '';
    child.stderr.setEncoding('utf8').on('data', (text) => {
      process.stderr.write(text);
      complaints = (complaints + text).slice(-longestComplaint);
    });
    let stdout = '';
    child.stdout?.setEncoding('utf8').on('data', (text) => {
      stdout += text;
    });
    const code = await new Promise((resolve) => child.once('close', (status) => resolve(status ?? 1)));
    if (this.#interrupted) throw new Error(`interrupted at: ${name}`);
    return { code, complaints, stdout };
  }
}
