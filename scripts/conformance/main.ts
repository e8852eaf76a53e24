import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { packRecordings, recordedTopics } from './recordings.ts';
import { replayExchanges, type TopicReport } from './replay.ts';
import { serve } from './serve.ts';

const usage = `usage: npm run conformance -- exchanges [--rename WORD] [--only TOPIC]... [--show N] [--json FILE]
       npm run conformance -- transcripts [--only REGEX] [--jobs N] [--show N] [--json FILE]
       npm run conformance -- controllers [--only REGEX] [--show N] [--json FILE]
       npm run conformance -- durability [--times N]
       npm run conformance -- pack DIR
       npm run conformance -- serve --pki DIR [--controllers off] [--kubelet off] [--port PORT]

exchanges   replays recorded exchanges of a real API server against the embedded cluster and prints how many agree
transcripts replays recorded kubectl sessions, each topic on a cluster of its own
controllers replays what the controllers of a real cluster did, and prints how many snapshots agree
durability  kills the process of a cluster under load, N times (200), and says what it forgot: nothing
pack        puts the recordings of a folder in the place of those that are replayed (fixtures/kubernetes/recordings)
serve       starts an embedded cluster that other tools can replay against`;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    rename: { type: 'string' },
    only: { type: 'string', multiple: true },
    show: { type: 'string', default: '20' },
    json: { type: 'string' },
    pki: { type: 'string' },
    controllers: { type: 'string', default: 'on' },
    kubelet: { type: 'string', default: 'on' },
    port: { type: 'string' },
    jobs: { type: 'string', default: '4' },
    times: { type: 'string', default: '200' },
  },
});

switch (positionals[0]) {
  case 'exchanges':
    await exchanges();
    break;
  case 'transcripts':
    await transcripts();
    break;
  case 'controllers':
    await controllers();
    break;
  case 'durability':
    await durability();
    break;
  case 'pack':
    pack(positionals[1] ?? fail('a folder of recordings is needed'));
    break;
  case 'serve':
    if (!values.pki) fail('--pki DIR is needed');
    await serve({
      pki: values.pki ?? '',
      controllers: values.controllers !== 'off',
      kubelet: values.kubelet !== 'off',
      ...(values.port && { port: Number(values.port) }),
    });
    break;
  default:
    fail(usage);
}

function fail(message: string): never {
  console.error(message);
  process.exit(2);
}

async function exchanges(): Promise<void> {
  const only = values.only?.flatMap((text) => text.split(',')).map((name) => basename(name, '.jsonl'));
  const topics = recordedTopics('exchanges').filter((topic) => !only || only.includes(topic));
  const reports = new Map<string, TopicReport>();
  // Streams wait for their time-outs: topics run side by side, each against a cluster of its own.
  const queue = [...topics];
  const worker = async () => {
    for (let topic = queue.shift(); topic !== undefined; topic = queue.shift()) {
      reports.set(topic, await replayExchanges(topic, values.rename));
    }
  };
  await Promise.all([worker(), worker(), worker(), worker()]);
  const sorted = topics.map((topic) => ({ topic, report: reports.get(topic) as TopicReport }));
  for (const { topic, report } of sorted) {
    for (const { line, name, differences } of report.differ.slice(0, Number(values.show))) {
      console.log(`${topic}:${line} ${name}: ${differences.slice(0, 3).join(' ;; ').slice(0, 500)}`);
    }
  }
  for (const { topic, report } of sorted) {
    console.log(`${topic}: ${report.agree} of ${report.of} agree (${share(report.agree, report.of)} %)`);
  }
  const agree = sorted.reduce((sum, { report }) => sum + report.agree, 0);
  const of = sorted.reduce((sum, { report }) => sum + report.of, 0);
  console.log(`all: ${agree} of ${of} agree (${share(agree, of)} %)`);
  if (values.json) {
    const all = Object.fromEntries(sorted.map(({ topic, report }) => [topic, report]));
    await writeFile(values.json, `${JSON.stringify({ agree, of, topics: all }, undefined, 2)}\n`);
  }
}

async function transcripts(): Promise<void> {
  // Loaded only where it is wanted: it brings containers.
  const { replayTranscripts } = await import('./transcripts/index.ts');
  const { recordedKubectl } = await import('./transcripts/kubectl.ts');
  const kubectl = await recordedKubectl(console.error);
  const began = Date.now();
  const reports = await replayTranscripts({
    kubectl,
    jobs: Number(values.jobs),
    ...(values.only && { only: new RegExp(values.only.join('|')) }),
    report({ topic, matched, total, seconds, steps }) {
      console.log(`${topic}: ${matched} of ${total} agree, ${seconds} s`);
      for (const { run, difference } of steps.filter(({ match }) => !match).slice(0, Number(values.show))) {
        console.log(`   $ ${run}\n     ${difference}`);
      }
    },
  });
  const matched = reports.reduce((sum, report) => sum + report.matched, 0);
  const total = reports.reduce((sum, report) => sum + report.total, 0);
  const seconds = Math.round((Date.now() - began) / 1000);
  console.log(`all: ${matched} of ${total} agree (${share(matched, total)} %) in ${seconds} s`);
  if (values.json) {
    const topics = Object.fromEntries(reports.map(({ topic, ...report }) => [topic, report]));
    await writeFile(values.json, `${JSON.stringify({ matched, total, topics }, undefined, 2)}\n`);
  }
}

async function controllers(): Promise<void> {
  const { replayControllers } = await import('./controllers/index.ts');
  const agreeing = (observations: readonly { differences: string[] }[]) =>
    observations.filter(({ differences }) => differences.length === 0).length;
  const reports = await replayControllers({
    ...(values.only && { only: new RegExp(values.only.join('|')) }),
    report({ scenario, observations }) {
      console.log(`${scenario}: ${agreeing(observations)} of ${observations.length} snapshots agree`);
      for (const { name, differences } of observations) {
        for (const text of differences.slice(0, Number(values.show))) console.log(`   ${name}: ${text}`);
      }
    },
  });
  const all = reports.flatMap(({ observations }) => observations);
  console.log(`all: ${agreeing(all)} of ${all.length} agree (${share(agreeing(all), all.length)} %)`);
  if (values.json) {
    const scenarios = Object.fromEntries(reports.map(({ scenario, observations }) => [scenario, observations]));
    const json = { agree: agreeing(all), of: all.length, scenarios };
    await writeFile(values.json, `${JSON.stringify(json, undefined, 2)}\n`);
  }
}

function pack(folder: string): void {
  const changed = packRecordings(folder);
  for (const name of changed) console.log(name);
  console.log(`${changed.length} recordings changed`);
}

async function durability(): Promise<void> {
  const { killRepeatedly } = await import('./durability/index.ts');
  const report = await killRepeatedly(Number(values.times), (kill) => {
    if (kill % 20 === 0) console.log(`killed ${kill} times`);
  });
  for (const fault of report.faults) console.log(fault);
  const { kills, writes, watches, faults } = report;
  console.log(`${kills} kills, ${writes} acknowledged writes, ${faults.length} faults;`);
  console.log(`watches from before a kill: ${watches.resumed} went on, ${watches.expired} were told 410`);
  if (faults.length > 0) process.exitCode = 1;
}

function share(part: number, of: number): string {
  return ((100 * part) / Math.max(of, 1)).toFixed(1);
}
