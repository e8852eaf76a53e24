import { stripVTControlCharacters, styleText } from 'node:util';
import type { Activity, Verdict } from '../../src/grading/types.ts';
import type { Paint } from '../../src/present/text.ts';
import { widthOf } from '../../src/present/width.ts';
import type { AttemptState, CheckView } from '../../src/session/types.ts';
import type { Look } from '../../src/tui/layout.ts';
import type { ScenarioRow } from '../../src/tui/state.ts';

/** Colours on, whatever the terminal of the test run can show. */
const painted: Paint = (style, text) => (text === '' ? '' : styleText(style, text, { validateStream: false }));

const tokens = { title: 'bold', accent: 'cyan', muted: 'dim', good: 'green', bad: 'red', warn: 'yellow' } as const;

export const look: Look = {
  paint: painted,
  theme: (token, text) => painted(tokens[token as keyof typeof tokens] ?? 'inverse', text),
};

/** As with NO_COLOR. */
export const plainLook: Look = { paint: (_, text) => text, theme: (_, text) => text };

export const scenarioRow: ScenarioRow = {
  id: 'forbidden-deployment',
  title: 'A Deployment that may not list Pods',
  pack: 'In-cluster API access',
  packId: 'in-cluster-api-access',
  progressKey: 'in-cluster-api-access/forbidden-deployment',
  exams: ['cka', 'ckad'],
  competencies: ['cka/rbac', 'cka/container-output-streams', 'ckad/service-accounts', 'ckad/authn-authz-admission'],
  difficulty: 'easy',
  minutes: 8,
};

export function manyScenarios(count: number): ScenarioRow[] {
  return Array.from({ length: count }, (_, index) => ({
    ...scenarioRow,
    id: `scenario-${index + 1}`,
    packId: 'p',
    progressKey: `p/scenario-${index + 1}`,
    title: `Exercise number ${index + 1} with a title that is somewhat longer than usual`,
  }));
}

export function verdict(id: string, status: Verdict['status'], more: Partial<CheckView> = {}): CheckView {
  return {
    id,
    title: `Title of ${id}`,
    status,
    weight: 20,
    guard: false,
    expected: `what ${id} expects`,
    actual: `what ${id} is`,
    why: '',
    evidence: [],
    since: 0,
    scored: status === 'pass' ? 'pass' : 'fail',
    level: 3,
    ...more,
  };
}

/** Of a check that nobody asked about. */
export const unasked = { expected: '', actual: '', level: 0, next: { level: 1, price: 0 } } as const;

export const forbiddenVerdicts: CheckView[] = [
  verdict('may-list', 'fail', {
    title: "The Pods' ServiceAccount may list pods",
    weight: 25,
    expected: 'system:serviceaccount:project-swan:default may list pods in project-swan',
    actual: 'it may not',
    why: 'no Role or ClusterRole is bound to the ServiceAccount',
    evidence: [
      {
        kind: 'log',
        text: 'Error from server (Forbidden): pods is forbidden: User "system:serviceaccount:project-swan:default" cannot list resource "pods" in API group "" in the namespace "project-swan"',
      },
      { kind: 'review', text: 'the API server says no to list pods in project-swan for this user' },
      { kind: 'missing', text: 'no RoleBinding in project-swan names ServiceAccount default' },
      {
        kind: 'command',
        text: 'kubectl auth can-i list pods -n project-swan --as=system:serviceaccount:project-swan:default',
      },
    ],
  }),
  verdict('logs-show-list', 'fail', {
    title: "The Pods' logs show the list",
    weight: 30,
    expected: 'a table of pods in the newest lines of every Pod',
    actual: 'Forbidden, 2 s ago (pod api-client-7c4f9d-x2x9k)',
    why: 'system:serviceaccount:project-swan:default may not list pods in project-swan',
  }),
  verdict('nothing-more', 'fail', {
    title: 'Nothing more than needed',
    weight: 25,
    expected: 'list pods in project-swan, get and watch at most besides',
    actual: 'list pods is missing',
  }),
  verdict('client-untouched', 'pass', { title: 'The containers still run what they ran', weight: 10, guard: true }),
  verdict('rolled-out', 'pass', { title: 'The Deployment is rolled out', weight: 10, guard: true }),
];

export const activities: Activity[] = [
  {
    time: Date.parse('2026-01-01T10:06:02Z'),
    change: '+',
    kind: 'Role',
    namespace: 'project-swan',
    name: 'pod-admin',
    manager: 'kubectl-create',
    detail: 'rules: get, list, delete pods',
  },
  {
    time: Date.parse('2026-01-01T10:06:05Z'),
    change: '+',
    kind: 'RoleBinding',
    namespace: 'project-tiger',
    name: 'pod-admin',
    manager: 'kubectl-create',
    detail: '→ ServiceAccount project-swan/default',
  },
  {
    time: Date.parse('2026-01-01T10:06:09Z'),
    change: '~',
    kind: 'Deployment',
    namespace: 'project-swan',
    name: 'api-client',
    manager: 'kubectl-rollout',
    detail: 'template annotation kubectl.kubernetes.io/restartedAt',
  },
  {
    time: Date.parse('2026-01-01T10:07:00Z'),
    change: '-',
    kind: 'ClusterRoleBinding',
    name: 'x',
    manager: '',
    detail: '',
  },
];

const task = `The Deployment \`api-client\` in namespace \`project-swan\` is rolled out, but its Pods cannot do their work: they are meant to list the Pods of their namespace.

Find out why, and give them exactly the rights that they need: listing Pods in \`project-swan\`. Reading and watching Pods there is fine as well, anything more is not.

Do not change the containers or what they run. (The Deployment \`api-client-once\` makes the same call only once; look at it if you like.)`;

/** A lab in which nothing has been done yet. */
export function labState(more: Partial<AttemptState> = {}): AttemptState {
  return {
    id: 'forbidden-deployment-ab12',
    scenario: { pack: 'in-cluster-api-access', id: 'forbidden-deployment', seed: 1 },
    title: scenarioRow.title,
    competencies: scenarioRow.competencies,
    minutes: 8,
    task,
    phase: 'active',
    cluster: {
      provider: 'embedded',
      id: 'forbidden-deployment-ab12',
      kubeconfig: '/state/kubeconfig',
      context: 'kubedrill-forbidden-deployment-ab12',
      server: 'https://127.0.0.1:6443',
    },
    namespace: 'project-swan',
    readyIn: 640,
    worked: 372_000,
    running: true,
    hints: { taken: [], paid: 0, total: 3, nextPrice: 5 },
    coach: { base: 3, used: 3, paid: 0 },
    verdicts: forbiddenVerdicts,
    passedBefore: [],
    score: 0,
    max: 100,
    solved: false,
    wasSolved: false,
    sawSolution: false,
    activities: [],
    ...more,
  };
}

/** The same after the fix. */
export function solvedState(more: Partial<AttemptState> = {}): AttemptState {
  return labState({
    verdicts: forbiddenVerdicts.map((v) => ({ ...v, status: 'pass', scored: 'pass', actual: v.expected, why: '' })),
    score: 100,
    solved: true,
    wasSolved: true,
    running: false,
    activities: activities.slice(0, 2),
    ...more,
  });
}

/** A frame's lines as they stand on the screen, without colours. */
export function plainLines(frame: string): string[] {
  return stripVTControlCharacters(frame).split('\n');
}

export function widest(frame: string): number {
  return Math.max(...frame.split('\n').map(widthOf));
}
