import { markdownText } from '../present/markdown.ts';
import { paintFor } from '../present/text.ts';
import { attemptCommand, attemptId, type CommandFactory, labsOf } from './command.ts';

export const debrief: CommandFactory = ({ services, print, json }) =>
  attemptCommand('debrief', 'after solving: why it broke and the two-minute way').action(
    async (options: { attempt?: string; json?: boolean }) => {
      const text = await (await labsOf(services)).debrief({ id: attemptId(services, options) });
      if (options.json) return json({ debrief: text });
      print(markdownText(text, Math.min(services.stdout.columns ?? 80, 100), paintFor(services.stdout)));
    },
  );
