/** What is no call comes over the daemon's socket while a lab runs, which goes on. */
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as z from 'zod';
import { connectRpc } from '../../src/kernel/rpc.ts';
import { type Contract, methodsOver } from '../../src/kernel/rpc-contract.ts';
import { longestRequest } from '../../src/kernel/rpc-wire.ts';
import { daemonContract, labContract } from '../../src/session/contract.ts';
import { daemonLogPath, socketPath } from '../../src/session/remote-labs.ts';
import fc from '../helpers/fast-check.ts';
import { Following } from './following.ts';
import { Kubectl, type Started } from './lab.ts';
import { Sandbox } from './sandbox.ts';

let user: Sandbox;
let lab: Started;
beforeAll(async () => {
  user = await Sandbox.create();
  lab = await user.json<Started>(['start', 'forbidden-deployment']);
}, 120_000);
afterAll(() => user.dispose());

const contract: Contract = { ...labContract, ...daemonContract };

/** Parameters of a method that do not fit: with its own names, or anything. */
function wrongParams({ params }: Contract[string]): fc.Arbitrary<unknown> {
  const names = params instanceof z.ZodObject ? Object.keys(params.shape) : [];
  const named = fc.record(Object.fromEntries(names.map((name) => [name, fc.jsonValue({ maxDepth: 1 })])));
  return fc.oneof(named, fc.jsonValue()).filter((value) => !params.safeParse(value ?? {}).success);
}

const id = fc.integer({ min: 1 });
const call = (method: string, params: fc.Arbitrary<unknown>) =>
  fc.record({ id, method: fc.constant(method), params }).map((value) => JSON.stringify(value));
const wrongCalls = Object.entries(contract).map(([method, verb]) => call(method, wrongParams(verb)));
const inherited = fc.constantFrom('constructor', '__proto__', 'toString', '');
const unknownCall = fc
  .oneof(inherited, fc.string())
  .filter((method) => !Object.hasOwn(contract, method))
  .chain((method) => call(method, fc.jsonValue()));
const noJson = fc.oneof(
  fc.string({ unit: 'binary' }),
  call('attempts', fc.constant({})).map((line) => line.slice(1)),
);
const noCall = fc.oneof(
  fc.jsonValue(),
  fc.record({ id: fc.oneof(fc.string(), fc.constant(null)), method: fc.constantFrom(...Object.keys(contract)) }),
  fc.record({ cancel: fc.oneof(fc.string(), fc.constant(null)) }),
);

/** Lines that are refused one by one; each method's parameters have their share. */
const refused = fc
  .oneof(
    noJson,
    noCall.map((value) => JSON.stringify(value)),
    unknownCall,
    { arbitrary: fc.oneof(...wrongCalls), weight: 5 },
  )
  .map((line) => line.replaceAll(/[\r\n]/g, ' '));

/** Sends bytes to the daemon and ends; what it answered, line by line. */
async function answersTo(bytes: string | Buffer): Promise<unknown[]> {
  const socket = connect(socketPath(user.paths));
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  // It may be ended before it has sent everything.
  socket.on('error', () => undefined);
  const closed = once(socket, 'close');
  socket.end(bytes);
  await closed;
  const lines = Buffer.concat(chunks).toString().trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line));
}

/** The daemon's resident memory in MiB. */
async function memory(): Promise<number> {
  const client = await connectRpc(socketPath(user.paths));
  const { memory } = await methodsOver(client, daemonContract).status();
  client.close();
  return memory / 2 ** 20;
}

/** 250 lines: most refused one by one, some cut off, some too long. */
async function sendPart(seed: number): Promise<void> {
  const lines = fc.sample(refused, { numRuns: 240, seed });
  for (let from = 0; from < lines.length; from += 40) {
    const some = lines.slice(from, from + 40);
    const answers = await answersTo(some.map((line) => `${line}\n`).join(''));
    for (const answer of answers) expect(answer).toHaveProperty('error.text.what');
    expect(answers, some.join('\n')).toHaveLength(some.length);
  }
  for (let n = 0; n < 6; n++) {
    const cutOff = '{"id":1,"method":"stop","params":{}}'.slice(0, -1 - 4 * n - seed);
    expect(await answersTo(cutOff), cutOff).toMatchObject([{ error: { text: { what: 'this line is no call' } } }]);
  }
  for (const bytes of [32 * 2 ** 20, 2 ** 21, longestRequest + 2, longestRequest + 1]) {
    const why = `a line had more than ${longestRequest} bytes`;
    expect(await answersTo(Buffer.alloc(bytes, 'a'))).toMatchObject([{ end: { text: { why } } }]);
  }
}

it('takes 1,000 malformed lines while a lab runs: each is refused, the lab goes on, memory is flat', async () => {
  const kubectl = new Kubectl(user, lab.kubeconfig);
  const following = await Following.newest(user);
  await following.until((state) => state.verdicts.length > 0);
  const pid = await user.daemonPid();
  const logged = statSync(daemonLogPath(user.paths)).size;

  for (const seed of [1, 2]) await sendPart(seed);
  // What was read of lines without an end is collected only now and then: by now there is as much of it as ever is.
  const before = await memory();
  for (const seed of [3, 4]) await sendPart(seed);
  expect((await memory()) - before).toBeLessThan(30);
  expect(statSync(daemonLogPath(user.paths)).size - logged).toBeLessThan(10_000);

  const namespace = ['-n', 'project-swan'];
  await kubectl.run(['create', 'role', 'pod-reader', '--verb=list', '--resource=pods', ...namespace]);
  const account = '--serviceaccount=project-swan:default';
  await kubectl.run(['create', 'rolebinding', 'pod-reader', '--role=pod-reader', account, ...namespace]);
  await following.until(({ verdicts }) => verdicts.some((v) => v.id === 'may-list' && v.status === 'pass'));
  following.close();
  expect(await user.daemonPid()).toBe(pid);
});
