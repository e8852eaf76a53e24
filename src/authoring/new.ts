import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { UserError } from '../kernel/errors.ts';
import { isCompetency } from '../scenario/curriculum.ts';
import { apiVersion } from '../scenario/schema.ts';

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
 * Writes a small scenario that verifies as it is, to be changed piece by piece: a ConfigMap that must be made. Returns
 * the files written. Refuses (UserError) what is there already and names that can't be.
 */
export function newScenario(wanted: NewScenario): string[] {
  const { folder, id, competency } = wanted;
  const target = join(folder, id);
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(id)) {
    throw new UserError({
      what: `${id} is no name for a scenario`,
      why: 'expected lower-case words joined by -',
      next: 'kubedrill pack new my-scenario',
    });
  }
  if (!isCompetency(competency)) {
    throw new UserError({
      what: `there is no competency ${competency}`,
      why: 'expected an exam and one of its items, as in ckad/configmaps',
      next: 'kubedrill pack new --help',
    });
  }
  if (existsSync(target)) throw new UserError({ what: `${target} is there already`, next: 'choose another name' });
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
