import { readRecording } from '../recordings.ts';

type Json = Record<string, unknown>;

export interface Request {
  method: string;
  path: string;
  body?: unknown;
  contentType?: string;
}

export type Step =
  | { do: Request; refused?: string }
  | { wait: string; until: string }
  | { sleep: number }
  | { kubelet: string; namespace: string }
  | { lease: string; node: string }
  | Snapshot;

/** What was seen at a moment: the objects of these paths, the events of a namespace. */
export interface Snapshot {
  snapshot: string;
  paths: string[];
  objects?: Json[];
  events?: Json[];
  eventsOf?: string;
}

export interface Scenario {
  scenario: string;
  steps: Step[];
}

/** What was recorded, in order. Names and addresses that the cluster picks at random become placeholders. */
export function readScenarios(): Scenario[] {
  return readRecording('controllers.jsonl')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(generalize(line)) as Scenario);
}

function generalize(line: string): string {
  let text = line
    // Addresses are the fake kubelet's, minutes are the clock's.
    .replaceAll(/10\.244\.0\.(\d+)(?![\d/])/g, '{{ip:$1}}')
    .replaceAll(/X509SHA256=[0-9a-f]{64}/g, 'X509SHA256={{fingerprint}}')
    .replaceAll(/tick-(\d{8})/g, 'tick-{{minute:$1}}');
  // Pods of a controller that no snapshot shows have kept their recorded names.
  const names = new Set(
    [...text.matchAll(/Created pod: ([\w.{}:-]+-[bcdf-hj-np-tv-xz2456789]{5})"/g)].map((m) => m[1] ?? ''),
  );
  let n = 100;
  for (const name of names) text = text.replaceAll(name, `${name.slice(0, -5)}{{suffix:${n++}}}`);
  return text;
}
