import { markdownText } from '../present/markdown.ts';
import { paintFor } from '../present/text.ts';
import { attemptCommand, attemptId, type CommandFactory, labsOf } from './command.ts';

export const task: CommandFactory = ({ services, print, json }) =>
  attemptCommand('task', 'show what is asked').action(async (options: { attempt?: string; json?: boolean }) => {
    const state = await (await labsOf(services)).attempt({ id: attemptId(services, options) });
    const { id, title, minutes, competencies, task: text } = state;
    if (options.json)
      return json({ attempt: id, scenario: state.scenario.id, title, minutes, competencies, task: text });
    const paint = paintFor(services.stdout);
    print(`${paint('bold', title)}\n\n${markdownText(text, Math.min(services.stdout.columns ?? 80, 100), paint)}`);
  });
