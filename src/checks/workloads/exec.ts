import * as z from 'zod';
import { parseMissingFile } from '../../kube/spoken-errors.ts';
import { redact } from '../evidence/words.ts';
import { probeNeeds, probeSource, targetsOf } from '../network/probe.ts';
import { duration, matchIn, regex } from '../objects/fields.ts';
import type { CheckType, Evidence, Outcome, Suspect } from '../types.ts';

const schema = probeSource.extend({
  command: z.array(z.string()).min(1).describe('The command and its arguments; it must change nothing'),
  exitCode: z.number().int().min(0).max(255).default(0).describe('How it must end'),
  stdout: regex.optional().describe('A regular expression that its output, or a line of it, must match'),
  lacks: regex.optional().describe('A regular expression that neither its output nor a line of it may match'),
  shows: z.string().optional().describe('What the output shows, for people'),
  pods: z.enum(['all', 'any']).default('all').describe('Whether every Pod must agree, or one'),
  every: duration.default(10_000).describe('How often it is asked again though nothing seems to have changed'),
});
type Spec = z.infer<typeof schema>;

/** What a command says inside of a workload's Pods. */
export const exec: CheckType<Spec> = {
  type: 'exec',
  schema,
  guard: false,
  probe: true,
  needs: (spec) => probeNeeds(spec),
  async evaluate(spec, view) {
    const { command, exitCode, stdout, lacks } = spec;
    const line = command.map((word) => (/^[\w./:=@%+,-]+$/.test(word) ? word : JSON.stringify(word))).join(' ');
    const wishes = [
      `exit code ${exitCode}`,
      stdout ? (spec.shows ?? `output like ${stdout.source}`) : undefined,
      lacks ? `no ${lacks.source}` : undefined,
    ];
    const expected = wishes.filter(Boolean).join(', ');
    const from = targetsOf(spec, view);
    if ('none' in from) return { ...from.none, expected };
    view.wakeIn(spec.every);
    let good: Outcome | undefined;
    let bad: Outcome | undefined;
    for (const target of from.targets) {
      const result = await view.exec(target, command);
      const look: Evidence = { kind: 'command', text: `kubectl exec ${target.pod} -n ${target.namespace} -- ${line}` };
      const output = (result.stdout || result.stderr).trim();
      // A program says at the end what went wrong, and at the beginning what its output is.
      const ended = result.exitCode === exitCode;
      const said = ended ? shortened(output) : (output.split('\n').at(-1)?.slice(0, 80) ?? '');
      const evidence: Evidence[] = [...(output ? [{ kind: 'log', text: redact(said) } as const] : []), look];
      const unwanted = lacks && matchIn(lacks, result.stdout);
      const problem =
        result.exitCode === undefined
          ? `the command does not run: ${result.message}`
          : !ended
            ? `exit code ${result.exitCode}${said ? `: ${said}` : ''}`
            : unwanted !== undefined
              ? `the output has ${unwanted}, which it must not have`
              : stdout && matchIn(stdout, result.stdout) === undefined
                ? `the output is ${said ? quoted(said) : 'empty'}`
                : undefined;
      if (problem) {
        const why = `in Pod ${target.pod}: ${problem}`;
        const container = target.container ?? target.object.spec?.containers[0]?.name ?? '';
        const { namespace, pod } = target;
        // That there is no file yet is what the command was to find out.
        const points = output !== '' && parseMissingFile(output) === undefined;
        const suspects: Suspect[] = points ? [{ about: 'log', namespace, pod, container, line: output }] : [];
        bad ??= { status: 'fail', expected, actual: problem, why, evidence, suspects };
      } else good ??= { status: 'pass', expected, actual: 'as expected', evidence };
    }
    return (spec.pods === 'all' ? (bad ?? good) : (good ?? bad)) as Outcome;
  },
};

/** The beginning of a text on one line. */
function shortened(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > 120 ? `${line.slice(0, 119)}…` : line;
}

/** In quotes, unless there are some in it: JSON would get unreadable. */
function quoted(text: string): string {
  return text.includes('"') ? text : `"${text}"`;
}
