import { UserError } from '../../kernel/errors.ts';
import { examStatusText, examTaskText } from '../../present/exam-text.ts';
import { paintFor } from '../../present/text.ts';
import { printable } from '../../present/width.ts';
import type { ExamState } from '../../session/exam/types.ts';
import type { CommandContext, CommandFactory } from '../command.ts';
import { parseTask } from './numbers.ts';
import { examLabs, type SittingOptions, sittingCommand, sittingId, taskOf } from './sitting.ts';

export const status: CommandFactory = (context) =>
  sittingCommand('status', 'the time left and the tasks: which is the current one, which are flagged').action(
    async (options: SittingOptions) => {
      const { services, print, json } = context;
      const state = await stateOf(context, options);
      if (options.json) return json(state);
      print(examStatusText(state, paintFor(services.stdout)));
    },
  );

export const task: CommandFactory = (context) =>
  sittingCommand('task', 'what the current task asks, or another one')
    .argument('[task]', 'its number', parseTask)
    .action(async (number: number | undefined, options: SittingOptions) => {
      const state = await stateOf(context, options);
      show(context, state, number, options);
    });

export const next: CommandFactory = (context) =>
  sittingCommand('next', 'go to the next task').action(async (options: SittingOptions) => {
    const { services } = context;
    const labs = await examLabs(services, options);
    const id = sittingId(services, options);
    const { current, tasks } = await labs.exam({ id });
    if (current >= tasks.length) {
      throw new UserError({
        what: `task ${current} is the last one`,
        next: 'kubedrill exam go <number> for another, or kubedrill exam submit',
      });
    }
    show(context, await labs.examGo({ id, task: current + 1 }), undefined, options);
  });

export const go: CommandFactory = (context) =>
  sittingCommand('go', 'go to a task; one that could not be prepared is tried again')
    .argument('<task>', 'its number', parseTask)
    .action(async (number: number, options: SittingOptions) => {
      const labs = await examLabs(context.services, options);
      const state = await labs.examGo({ id: sittingId(context.services, options), task: number });
      show(context, state, undefined, options);
    });

export const flag: CommandFactory = ({ services, print, json }) =>
  sittingCommand('flag', 'flag a task to come back to it; again takes the flag away')
    .argument('[task]', 'its number (default: the current one)', parseTask)
    .action(async (number: number | undefined, options: SittingOptions) => {
      const labs = await examLabs(services, options);
      const id = sittingId(services, options);
      const state = await labs.examFlag({ id, ...(number !== undefined && { task: number }) });
      if (options.json) return json(state);
      const flagged = state.tasks.flatMap((one) => (one.flagged ? [one.number] : []));
      print(flagged.length > 0 ? `flagged: ${flagged.join(', ')}` : 'no task is flagged');
    });

export const note: CommandFactory = ({ services, print, json }) =>
  sittingCommand('note', 'the notepad: what stands there, or a line more')
    .argument('[text...]', 'the line')
    .action(async (words: string[], options: SittingOptions) => {
      const labs = await examLabs(services, options);
      const id = sittingId(services, options);
      const state = words.length > 0 ? await labs.examNote({ id, text: words.join(' ') }) : await labs.exam({ id });
      if (options.json) return json({ sitting: state.id, notes: state.notes });
      print(printable(state.notes) || 'nothing is noted yet: kubedrill exam note <text>');
    });

export const docs: CommandFactory = (context) =>
  sittingCommand('docs', 'the pages that may be open during the exam').action(async (options: SittingOptions) => {
    const state = await stateOf(context, options);
    if (options.json) return context.json(state.docs);
    context.print(state.docs.map(({ title, url }) => `${url}  ${title}`).join('\n'));
  });

async function stateOf({ services }: CommandContext, options: SittingOptions): Promise<ExamState> {
  return (await examLabs(services, options)).exam({ id: sittingId(services, options) });
}

function show(
  { services, print, json }: CommandContext,
  state: ExamState,
  number: number | undefined,
  { json: asJson }: SittingOptions,
): void {
  const wanted = taskOf(state, number);
  if (asJson) return json(wanted);
  print(examTaskText(wanted, state, paintFor(services.stdout), services.stdout.columns));
}
