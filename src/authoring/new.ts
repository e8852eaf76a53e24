import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { closest } from 'fastest-levenshtein';
import { stringify } from 'yaml';
import { type ErrorText, UserError } from '../kernel/errors.ts';
import { competencies, isCompetency } from '../scenario/curriculum.ts';
import { apiVersion } from '../scenario/schema.ts';

/** What an author says of a new scenario. */
export interface NewScenario {
  /** Folder of the pack; made with its pack.yaml if it is not there. */
  folder: string;
  /** Name of the scenario's folder. */
  id: string;
  title: string;
  /** `cka/rbac` */
  competency: string;
  /** Where the learner works. */
  namespace: string;
}

/**
 * Writes a small scenario that verifies as it is, to be changed piece by piece: a ConfigMap that must be created. Returns
 * the files written. Refuses (UserError) what is there already and names that can't be.
 */
export function newScenario(wanted: NewScenario): string[] {
  const { folder } = wanted;
  for (const part of ['id', 'folder', 'title', 'competency', 'namespace'] as const) {
    const problem = problemWith(part, wanted);
    if (problem) throw new UserError(problem);
  }
  const files = {
    ...(existsSync(join(folder, 'pack.yaml')) ? {} : { 'pack.yaml': packYaml(folder) }),
    ...filesOf(wanted),
  };
  return Object.entries(files).map(([name, text]) => {
    const file = join(folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text, { flag: 'wx' });
    return file;
  });
}

/** Why a part of a new scenario will not do; `folder` is looked at with the `id` in it. */
export function problemWith(part: keyof NewScenario, wanted: Partial<NewScenario>): ErrorText | undefined {
  const { folder = '', id = '', title = '', competency = '', namespace = '' } = wanted;
  const target = join(folder, id);
  switch (part) {
    case 'id':
      if (/^[a-z0-9]+(-[a-z0-9]+)*$/.test(id)) return undefined;
      return {
        what: id === '' ? 'a scenario needs a name' : `${id} is no name for a scenario`,
        why: 'expected lower-case words joined by -',
        next: 'kubedrill pack new my-scenario',
      };
    case 'folder':
      return existsSync(target) ? { what: `${target} is there already`, next: 'choose another name' } : undefined;
    case 'title':
      return title.trim() === '' ? { what: 'a scenario needs a title', why: 'lists show it' } : undefined;
    case 'competency':
      if (isCompetency(competency)) return undefined;
      return {
        what: `there is no competency ${competency}`,
        why: `expected an exam and one of its items, as in ${closest(competency, competencies)}`,
        next: 'kubedrill coverage',
      };
    case 'namespace':
      // One of the names that a seed draws is longer by two.
      if (/^[a-z0-9]([-a-z0-9]{0,59}[a-z0-9])?$/.test(namespace)) return undefined;
      return {
        what: `${namespace} is no name for a namespace`,
        why: 'expected at most 61 lower-case letters, digits and -, with a letter or digit at both ends',
        next: 'kubedrill pack new --help',
      };
  }
}

function packYaml(folder: string): string {
  const title = folder.split('/').filter(Boolean).at(-1) ?? 'Pack';
  return `apiVersion: ${apiVersion}\nkind: Pack\ntitle: ${JSON.stringify(title)}\nversion: 0.1.0\n`;
}

function filesOf({ id, title, competency, namespace }: NewScenario): Record<string, string> {
  const inside = '@{namespace}';
  const configMap = (data: Record<string, string>) =>
    stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings', namespace: inside }, data });
  const scenario = stringify({
    apiVersion,
    kind: 'Scenario',
    title,
    competencies: [competency],
    difficulty: 'easy',
    minutes: 4,
    variables: { namespace: { default: namespace, others: [`${namespace}-2`] } },
    namespaces: [inside],
    checks: [
      {
        id: 'settings',
        title: 'The ConfigMap settings says mode=fast',
        weight: 80,
        resource: { kind: 'configmaps', namespace: inside, name: 'settings', fields: { 'data.mode': 'fast' } },
      },
      {
        id: 'limits-untouched',
        title: 'The ConfigMap limits is as it was',
        weight: 20,
        unchanged: { object: 'configmap/limits', namespace: inside, fields: ['data'] },
      },
    ],
    hints: [
      { text: 'A ConfigMap holds pairs of names and values. Which command makes one from literal values?', price: 10 },
      { text: 'See `kubectl create configmap --help`; it has an example of --from-literal.', price: 20 },
    ],
    mistakes: {
      'wrong-value': { title: 'The value is another one', fails: ['settings'] },
      'other-changed': { title: 'The ConfigMap limits was changed instead', fails: ['settings', 'limits-untouched'] },
    },
  });
  const files = {
    'scenario.yaml': `# yaml-language-server: $schema=https://kubedrill.dev/schema/v1/scenario.json\n${scenario}`,
    'task.md': `In namespace \`${inside}\` a ConfigMap \`limits\` says how much an application may use.\n\nMake a ConfigMap \`settings\` beside it with the pair \`mode=fast\`. Leave \`limits\` as it is.\n`,
    'debrief.md': `## Why\n\nA ConfigMap keeps settings apart from images; Pods read it as environment variables or files.\n\n## Two minutes at the exam\n\n    kubectl create configmap settings --from-literal=mode=fast -n ${inside}\n\n## Read more\n\n- https://kubernetes.io/docs/concepts/configuration/configmap/\n`,
    'setup/10-namespace.yaml': stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: inside } }),
    'setup/20-limits.yaml': configMap({ memory: '64Mi' }).replace('settings', 'limits'),
    'solutions/reference.yaml': configMap({ mode: 'fast' }),
    'solutions/with-more.yaml': configMap({ mode: 'fast', colour: 'blue' }),
    'mistakes/wrong-value.yaml': configMap({ mode: 'slow' }),
    'mistakes/other-changed.yaml': configMap({ mode: 'fast' }).replace('settings', 'limits'),
  };
  return Object.fromEntries(Object.entries(files).map(([name, text]) => [join(id, name), text]));
}
