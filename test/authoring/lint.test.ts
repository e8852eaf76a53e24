import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lintPack } from '../../src/authoring/lint.ts';
import { newScenario } from '../../src/authoring/new.ts';
import { Catalogue } from '../../src/embedded/container/images/catalogue.ts';
import { temporaryFolder } from '../helpers/temporary.ts';

const flagship = join(import.meta.dirname, '..', '..', 'scenarios', 'in-cluster-api-access');
const catalogue = new Catalogue();
const knowsImage = (reference: string) => catalogue.find(reference) !== undefined;

/** The flagship in a pack of its own. */
function copyFlagship(folder: string): void {
  const scenario = 'forbidden-deployment';
  cpSync(join(flagship, scenario), join(folder, scenario), { recursive: true });
  writeFileSync(
    join(folder, 'pack.yaml'),
    readFileSync(join(flagship, 'pack.yaml'), 'utf8')
      .replace(/^order:(\n +- .*)*/m, `order:\n  - ${scenario}`)
      .replace(/^renamed:\n( .*\n)*/m, '')
      .replace('tasks: 8', 'tasks: 1'),
  );
}

/** A copy of the flagship's pack, one file of its scenario edited. */
function damaged(file: string, edit: (text: string) => string): { folder: string; text: string } {
  const folder = join(temporaryFolder(), 'pack');
  copyFlagship(folder);
  const path = join(folder, file);
  const before = readFileSync(path, 'utf8');
  const text = edit(before);
  expect(text, 'the damage does nothing').not.toBe(before);
  writeFileSync(path, text);
  return { folder, text };
}

const yaml = 'forbidden-deployment/scenario.yaml';
const task = 'forbidden-deployment/task.md';

interface Damage {
  file: string;
  from: string;
  to: string;
  /** What is on the line that must be reported; default: what was written. */
  line?: string;
  message: string;
}
const damage = (from: string, to: string, message: string, more: Partial<Damage> = {}): Damage => ({
  file: yaml,
  from,
  to,
  message,
  ...more,
});

/** A letter of a word doubled: what fingers do. */
const typo = (word: string) => word.slice(0, 2) + word.slice(1);

const misspelt = [
  ...[
    'title',
    'competencies',
    'difficulty',
    'minutes',
    'variables',
    'namespaces',
    'setup',
    'checks',
    'hints',
    'mistakes',
    'lint',
  ].map((key) =>
    damage(`\n${key}:`, `\n${typo(key)}:`, `unknown field "${typo(key)}"; did you mean ${key}?`, {
      line: `${typo(key)}:`,
    }),
  ),
  ...['may-list', 'logs-show-list', 'nothing-more', 'client-untouched', 'rolled-out'].flatMap((id) => [
    damage(`- id: ${id}\n    title:`, `- id: ${id}\n    titel:`, 'unknown field "titel"; did you mean title?', {
      line: 'titel:',
    }),
    damage(`- id: ${id}`, `- id: ${id.toUpperCase()}`, 'expected lower-case words joined by -'),
    damage(`- id: ${id}`, `- name: ${id}`, 'unknown field "name"'),
  ]),
  ...['canI', 'podLogs', 'leastPrivilege', 'unchanged'].map((type) =>
    damage(`    ${type}:\n`, `    ${typo(type)}:\n`, `unknown field "${typo(type)}"; did you mean ${type}?`, {
      line: `    ${typo(type)}:`,
    }),
  ),
  damage('      container: client', '      containr: client', 'unknown field "containr"; did you mean container?'),
  damage('      contradicts:', '      contradict:', 'unknown field "contradict"; did you mean contradicts?'),
  damage('      required:', '      require:', 'unknown field "require"; did you mean required?'),
  damage('      allowed:', '      alowed:', 'unknown field "alowed"; did you mean allowed?'),
  damage('      verb: list', '      verbs: list', 'unknown field "verbs"; did you mean verb?'),
  damage('      object: deployment', '      objekt: deployment', 'unknown field "objekt"; did you mean object?'),
  damage('      fields:', '      field:', 'unknown field "field"; did you mean fields?', { line: '      field:' }),
  ...[5, 10, 15].map((price) =>
    damage(`price: ${price}\n`, `cost: ${price}\n`, 'unknown field "cost"', { line: `cost: ${price}` }),
  ),
  damage('default: project-swan', 'standard: project-swan', 'unknown field "standard"'),
];

const values = [
  damage('kubedrill.dev/v1', 'kubedrill.dev/v2', 'expected "kubedrill.dev/v1"'),
  damage('kind: Scenario', 'kind: Scenery', 'expected "Scenario"'),
  damage('difficulty: easy', 'difficulty: trivial', 'expected "easy" or "medium" or "hard"'),
  damage('minutes: 8', 'minutes: soon', 'expected number'),
  damage('cka/rbac', 'cka/rbca', 'expected an exam and one of its competencies, as in cka/rbac'),
  damage('ckad/logs', 'ckad/lags', 'expected an exam and one of its competencies, as in cka/rbac'),
  damage('title: A Deployment that may not list Pods', 'title: 7', 'expected string'),
  ...[
    ['may-list', 25],
    ['logs-show-list', 30],
    ['nothing-more', 25],
    ['client-untouched', 10],
    ['rolled-out', 10],
  ].map(([, weight], index) =>
    damage(`weight: ${weight}`, `weight: ${Number(weight) + index + 1}`, 'the weights add up to', {
      line: '- id: may-list',
    }),
  ),
  ...['25', '30', '10'].map((weight) =>
    damage(`weight: ${weight}`, 'weight: heavy', 'expected number', { line: 'weight: heavy' }),
  ),
  damage('period: 3s\n      shows', 'period: 3 seconds\n      shows', 'expected a duration such as 500ms, 3s or 2m', {
    line: 'period: 3 seconds',
  }),
  damage('matches: "^NAME', 'matches: "(^NAME', 'not a regular expression'),
  damage('"Error from server|^error:', '"[Error from server|^error:', 'not a regular expression'),
  damage(
    'workload: deployment/@{program}\n      namespace: "@{namespace}"\n      container',
    'workload: deploy/@{program}\n      namespace: "@{namespace}"\n      container',
    'expected kind/name with a kind of deployment',
    { line: 'workload: deploy/@{program}' },
  ),
  damage(
    'rollout: { workload: "deployment/@{program}", namespace: "@{namespace}" }\n\nhints',
    'rollout: { workload: "job/@{program}", namespace: "@{namespace}" }\n\nhints',
    'expected a deployment, a daemonset or a statefulset',
    { line: 'workload: "job/@{program}"' },
  ),
  damage(
    'object: deployment/@{program}',
    'object: gadget/@{program}',
    'expected kind/name of a known kind, as in deployment/api-client',
  ),
  damage('required:\n        - { verbs: [list], resources: [pods] }', 'required: []', '', { line: 'required: []' }),
  ...['nothing-more', 'may-list', 'logs-show-list', 'client-untouched', 'rolled-out'].map((id) =>
    damage(
      `fails: [${id === 'nothing-more' ? 'nothing-more]' : 'may-list, logs-show-list, nothing-more'}`,
      `fails: [${id}x${id === 'nothing-more' ? ']' : ', logs-show-list, nothing-more'}`,
      `there is no check ${id}x; expected one of may-list`,
      { line: `[${id}x` },
    ),
  ),
  damage('    guard: true\n    unchanged:', '    guard: maybe\n    unchanged:', 'expected boolean', {
    line: 'guard: maybe',
  }),
  damage('    guard: true\n    unchanged:', '    after: [later]\n    unchanged:', 'there is no check later', {
    line: 'after: [later]',
  }),
  damage('    guard: true\n    unchanged:', '    mode: sometimes\n    unchanged:', '', { line: 'mode: sometimes' }),
  damage(
    '    canI:\n',
    '    rollout: { workload: deployment/x, namespace: y }\n    canI:\n',
    'expected one check type, found canI and rollout',
    { line: '- id: may-list' },
  ),
  damage('  command-replaced:', '  command-swapped:', 'expected an entry "command-replaced"', { line: 'apiVersion' }),
  damage('id: rolled-out', 'id: may-list', 'the check may-list is there twice', {
    line: '- id: may-list\n    title: The Deployment',
  }),
];

const meaning = [
  damage(
    [
      '    canI:',
      '      subject: { workload: "deployment/@{program}", namespace: "@{namespace}" }',
      ...['      verb: list', '      resource: pods', '      namespace: "@{namespace}"'],
    ].join('\n'),
    '    resource:\n      kind: pods\n      namespace: "@{namespace}"\n      cel: ["has(object.spec)"]',
    'say in `shows` what its CEL expects',
    { line: 'kind: pods\n      namespace: "@{namespace}"\n      cel' },
  ),
  damage('id: may-list\n', 'id: may-list\n    after: [may-list]\n', 'comes after itself', {
    line: 'after: [may-list]',
  }),
  damage('@{namespace}"]\n', '@{namspace}"]\n', '@{namspace} is not declared; there is namespace', {
    line: '@{namspace}',
  }),
  damage('@{namespace}', '@{ns}', '@{ns} is not declared; there is namespace', { file: task, line: '@{ns}' }),
  damage('--verb=get,list,watch', '--verb=@{verbs}', '@{verbs} is not declared', {
    file: 'forbidden-deployment/solutions/reference.sh',
  }),
  damage('  namespace: { default', '  team: { default: a }\n  namespace: { default', 'the variable team is not used', {
    line: 'team:',
  }),
  damage('@{namespace}', 'project-swan', 'project-swan is a name that seeds draw for @{namespace}', { file: task }),
  damage('-n @{namespace}', '-n project-tiger', 'project-tiger is a name that seeds draw for @{namespace}', {
    file: 'forbidden-deployment/solutions/reference.sh',
  }),
  damage(
    '  namespace: { default',
    '  other: { default: project-tiger }\n  namespace: { default',
    '@{other} and @{namespace} can both be project-tiger',
    { line: 'namespace: { default' },
  ),
  damage('exactly the rights that they need', 'the appropriate rights', '"appropriate" leaves open what is asked for', {
    file: task,
  }),
  damage('Do not change', 'Do it properly. Do not change', '"properly" leaves open what is asked for', { file: task }),
  damage(
    '  unchecked: ["@{program}-once"]',
    '  unchecked: []',
    'the task names api-client-once, which no check looks at',
    { file: yaml, line: '' },
  ),
  damage(
    'workload: "deployment/@{program}", namespace: "@{namespace}" }\n\nhints',
    'workload: deployment/other, namespace: "@{namespace}" }\n\nhints',
    'a check looks at other, which the task does not name',
    { line: 'deployment/other' },
  ),
  damage(
    'docker.io/bitnami/kubectl:latest',
    'docker.io/bitnami/kubectl-none:latest',
    'the embedded cluster does not have the image docker.io/bitnami/kubectl-none:latest',
    { file: 'forbidden-deployment/setup/20-api-client.yaml' },
  ),
  damage('registry.k8s.io/kubectl:v1.35.4', 'registry.k8s.io/kubectl:no-such-tag', 'does not have the image', {
    file: 'forbidden-deployment/setup/20-api-client.yaml',
  }),
  damage('kind: Namespace', 'kinds: Namespace', 'this object has no kind', {
    file: 'forbidden-deployment/setup/10-namespace.yaml',
    line: 'apiVersion',
  }),
  damage('apiVersion: v1', 'version: v1', 'this object has no apiVersion', {
    file: 'forbidden-deployment/setup/10-namespace.yaml',
  }),
  damage('  name: see-pods', '  nam: see-pods', 'this object has no metadata.name', {
    file: 'forbidden-deployment/solutions/group-subject.yaml',
    line: 'apiVersion',
  }),
  damage('kubectl rollout status', 'sleep 10\nkubectl rollout status', 'waits are declared', {
    file: 'forbidden-deployment/solutions/own-service-account.sh',
    line: 'sleep 10',
  }),
  damage('Read more', 'Read\n\nAKIAABCDEFGHIJKLMNOP', 'an access key of AWS', {
    file: 'forbidden-deployment/debrief.md',
    line: 'AKIA',
  }),
  damage('kubectl create role', `TOKEN=ghp_${'a'.repeat(36)} kubectl create role`, 'a token of GitHub', {
    file: 'forbidden-deployment/solutions/reference.sh',
  }),
  damage('kubectl create role', '# -----BEGIN EC PRIVATE KEY-----\nkubectl create role', 'a private key', {
    file: 'forbidden-deployment/solutions/reference.sh',
    line: 'BEGIN',
  }),
  damage('price: 5', 'price: 100', 'nobody comes so far: the hints before it cost 100 points', {
    line: 'A Pod calls the API',
  }),
  damage('    price: 5\n', '    price: 5\n    when: []\n', 'Too small', { line: 'when: []' }),
  damage(
    '    price: 5\n',
    '    price: 5\n    when:\n      - rollouts: { workload: deployment/api-client }\n',
    'unknown field "rollouts"; did you mean rollout?',
    { line: 'rollouts' },
  ),
  damage(
    '    price: 5\n',
    '    price: 5\n    when:\n      - exec: { workload: deployment/api-client, namespace: x, command: [id] }\n',
    'a hint cannot wait for exec',
    { line: 'exec' },
  ),
  damage(
    'A Pod calls the API as its ServiceAccount.',
    'Do kubectl create role pod-reader --verb=get,list,watch --resource=pods -n @{namespace}.',
    'this hint is a line of the reference solution',
    { line: 'kubectl create role pod-reader' },
  ),
];

const order = [
  damage(
    '  - forbidden-deployment',
    '  - forbidden-deploymnt',
    'there is no scenario forbidden-deploymnt; did you mean',
    {
      file: 'pack.yaml',
    },
  ),
];

const exams = [
  damage(
    '    tasks: 1',
    '    tasks: 2',
    'the exam api-access cannot be drawn: it wants 2 scenarios, and the pack has 1',
    {
      file: 'pack.yaml',
      line: 'id: api-access',
    },
  ),
  damage(
    '    tasks: 1',
    '    tasks: [{ scenario: no-such, weight: 100 }]',
    'the exam api-access cannot be drawn: there is no scenario no-such',
    { file: 'pack.yaml', line: 'id: api-access' },
  ),
  damage(
    '    tasks: 1',
    '    tasks: [{ scenario: forbidden-deployment, weight: 90 }]',
    'the weights add up to 90, expected 100',
    { file: 'pack.yaml' },
  ),
  damage('    tasks: 1', '    task: 1', 'unknown field "task"; did you mean tasks?', { file: 'pack.yaml' }),
];

const all = [...order, ...exams, ...misspelt, ...values, ...meaning];

describe('a pack that is in order', () => {
  it('has nothing to find fault with', () => {
    expect(lintPack(flagship, { knowsImage })).toEqual([]);
  });

  it('has a mistake for a hint on what is there', () => {
    const { folder } = damaged(yaml, (text) =>
      text
        .replace(
          '    price: 5\n',
          '    price: 5\n    when:\n      - rollout: { workload: deployment/api-client, namespace: x }\n',
        )
        .replace(/^mistakes:\n( .*\n)+/m, ''),
    );
    rmSync(join(folder, 'forbidden-deployment', 'mistakes'), { recursive: true });
    expect(lintPack(folder, { knowsImage }).map((f) => f.message)).toContain(
      'nobody is given this hint: there is no mistake after which its condition could hold',
    );
  });

  it('may want images that nobody has, if it says so', () => {
    const image = 'docker.io/bitnami/kubectl-none:latest';
    const { folder } = damaged('forbidden-deployment/setup/20-api-client.yaml', (text) =>
      text.replace('docker.io/bitnami/kubectl:latest', image),
    );
    const errors = () => lintPack(folder, { knowsImage }).filter((f) => f.severity === 'error');
    expect(errors()).toHaveLength(1);
    const file = join(folder, yaml);
    writeFileSync(file, readFileSync(file, 'utf8').replace(/^lint:$/m, `lint:\n  missing: ["${image}"]`));
    expect(errors()).toEqual([]);
  });

  it('is what pack new writes', () => {
    const folder = join(temporaryFolder(), 'mine');
    newScenario({ folder, id: 'first', title: 'First', competency: 'ckad/configmaps', namespace: 'mine' });
    expect(lintPack(folder, { knowsImage })).toEqual([]);
  });
});

describe('damage is found where it is', () => {
  it.each(all.map((d, index) => [`${index + 1}. ${d.message || d.to.trim()}`, d] as const))(
    '%s',
    (_, { file, from, to, line, message }) => {
      const { folder, text } = damaged(file, (before) => before.replace(from, to));
      const findings = lintPack(folder, { knowsImage });
      const found = findings.filter((f) => f.message.includes(message));
      expect(findings.map((f) => `${f.line}: ${f.message}`)).not.toEqual([]);
      expect(found, JSON.stringify(findings)).not.toEqual([]);
      if (line === '') return;
      const where = text.indexOf(line ?? to.split('\n')[0] ?? to);
      expect(where, 'no such line').toBeGreaterThanOrEqual(0);
      const wanted = text.slice(0, where + (/^\n/.test(line ?? '') ? 1 : 0)).split('\n').length;
      // A folded text begins on the line after its key.
      expect(found.map((f) => f.line)).toEqual(
        expect.arrayContaining([expect.toSatisfy((n: number) => n === wanted || n === wanted - 1)]),
      );
    },
  );

  it('is a hundred ways of damage, nearly', () => {
    expect(all.length).toBeGreaterThanOrEqual(75);
  });
});

describe('files that are missing', () => {
  it.each([
    ['pack.yaml', 'it has no pack.yaml'],
    ['forbidden-deployment/task.md', 'forbidden-deployment/task.md is missing'],
    ['forbidden-deployment/debrief.md', 'forbidden-deployment/debrief.md is missing'],
    [
      'forbidden-deployment/solutions/reference.sh',
      'there is no solution "reference" in forbidden-deployment/solutions',
    ],
    ['forbidden-deployment/mistakes/cluster-admin.sh', 'names the mistake cluster-admin, which has no file'],
    ['forbidden-deployment/scenario.yaml', 'the pack has no scenario'],
  ])('%s is missed', (file, message) => {
    const folder = join(temporaryFolder(), 'pack');
    copyFlagship(folder);
    rmSync(join(folder, file));
    const findings = lintPack(folder, { knowsImage });
    expect(
      findings.some((f) => f.severity === 'error' && f.message.includes(message)),
      JSON.stringify(findings),
    ).toBe(true);
  });
});

describe('a value that fits none of several shapes', () => {
  it.each([
    [
      'workload: "deployment/@{program}", namespace: "@{namespace}" }\n      verb',
      'workload: "deployment/@{program}", naamspace: x }\n      verb',
      'unknown field "naamspace"; did you mean namespace?',
    ],
    [
      'subject: { workload: "deployment/@{program}", namespace: "@{namespace}" }\n      verb',
      'subject: jane\n      verb',
      'expected object',
    ],
    [
      '    guard: true\n    unchanged:',
      '    mode: { hold: long }\n    unchanged:',
      'expected a duration such as 500ms, 3s or 2m',
    ],
  ])('is told by the nearest: %#', (from, to, message) => {
    const { folder } = damaged(yaml, (text) => text.replace(from, to));
    expect(lintPack(folder, { knowsImage }).map((f) => f.message)).toContain(message);
  });
});
