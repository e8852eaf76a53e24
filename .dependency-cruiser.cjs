/**
 * The layers of src/: arrows point down only (docs/architecture.md draws them).
 * A room may import itself and the rooms listed here, nothing else.
 */
const rooms = {
  kernel: [],
  kube: ['kernel'],
  embedded: ['kube', 'kernel'],
  cluster: ['kube', 'kernel'],
  checks: ['cluster', 'kube', 'kernel'],
  scenario: ['checks', 'cluster', 'kube', 'kernel'],
  grading: ['scenario', 'checks', 'cluster', 'kube', 'kernel'],
  session: ['grading', 'scenario', 'checks', 'cluster', 'kube', 'kernel'],
  authoring: ['session', 'grading', 'scenario', 'checks', 'cluster', 'kube', 'kernel'],
  present: ['authoring', 'session', 'grading', 'scenario', 'checks', 'cluster', 'kube', 'kernel'],
  daemon: ['embedded', 'session', 'authoring', 'grading', 'scenario', 'checks', 'cluster', 'kube', 'kernel'],
  tui: ['present', 'session', 'authoring', 'grading', 'scenario', 'checks', 'cluster', 'kube', 'kernel'],
  commands: ['tui', 'present', 'session', 'authoring', 'grading', 'scenario', 'checks', 'cluster', 'kube', 'kernel'],
};

module.exports = {
  forbidden: [
    ...Object.entries(rooms).map(([room, below]) => ({
      name: `layers-${room}`,
      comment: `src/${room} may import only: ${[room, ...below].join(', ')}`,
      severity: 'error',
      from: { path: `^src/${room}/` },
      to: { path: '^src/', pathNot: `^src/(${[room, ...below].join('|')})/` },
    })),
    {
      name: 'no-circular',
      severity: 'error',
      from: { path: '^src/' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'ink-only-in-tui',
      comment: 'only the terminal app draws with Ink and React',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/tui/' },
      to: { path: 'node_modules/(ink|react)/' },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '\\.test\\.tsx?$' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
