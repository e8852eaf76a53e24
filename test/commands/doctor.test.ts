import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { doctor } from '../../src/commands/doctor.ts';
import type { Services } from '../../src/commands/services.ts';
import { EnvironmentError } from '../../src/kernel/errors.ts';
import { failureText, faultText } from '../../src/kernel/fault-log.ts';
import { temporaryFolder } from '../helpers/temporary.ts';

const hour = 3_600_000;

/** What doctor says of faults where the daemon's log has these entries, so many hours ago each. */
async function told(...entries: [hours: number, text: string][]) {
  const state = temporaryFolder();
  const lines = entries.map(([hours, text]) => `${new Date(Date.now() - hours * hour).toISOString()} ${text}\n`);
  writeFileSync(join(state, 'daemon.log'), lines.join(''));
  const services = {
    paths: { state, cache: state, config: state },
    diagnose: async () => [],
    runningLabs: async () => {},
  };
  const documents: unknown[] = [];
  const codes: number[] = [];
  const command = doctor({
    services: services as unknown as Services,
    print: () => {},
    json: (document) => void documents.push(document),
    note: () => {},
    exit: (code) => void codes.push(code),
  });
  await command.parseAsync(['--json'], { from: 'user' });
  return { code: codes[0] ?? 0, document: documents[0] };
}

const aboutFaults = (finding: object) => ({
  findings: expect.arrayContaining([expect.objectContaining({ subject: 'faults', ...finding })]),
});

it('tells of faults of the last day, and where to find them', async () => {
  const bug = faultText('nginx', new TypeError('x is not a function'));
  const { code, document } = await told([30, faultText('old', 'one')], [2, bug], [1, bug]);
  expect(code).toBe(3);
  expect(document).toMatchObject({ ok: false });
  const text = expect.stringMatching(/^2 in the last 24 hours, .*: nginx: TypeError: x is not a function$/);
  expect(document).toMatchObject(aboutFaults({ ok: false, text, fix: expect.stringContaining('daemon.log') }));
});

it('is content with faults of days ago, and with what the environment is to blame for', async () => {
  const environment = failureText('resuming labs', new EnvironmentError({ what: 'Docker does not answer' }));
  const { code, document } = await told([25, faultText('old', 'one')], [1, environment], [1, 'no entry of ours']);
  expect(code).toBe(0);
  expect(document).toMatchObject({ ok: true, ...aboutFaults({ ok: true, text: 'none in the last 24 hours' }) });
});
