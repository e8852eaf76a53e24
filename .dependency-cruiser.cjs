/**
 * The rooms of the code and who may import whom, as docs/architecture.md draws them. Imports of types count like all others.
 *
 * A table lists rooms from bottom to top. A room may import itself and the rooms named in its row, which all have their rows
 * before it: arrows point down only, and there are no circles. A room is a folder, or the files of that name in `filesOf`.
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

/** The only file that knows all rooms; nothing imports it. */
const main = 'src/main.ts';

/** The rooms of src/embedded. */
const embeddedRooms = {
  contracts: [],
  facts: [],
  pki: [],
  flags: ['facts'],
  objects: ['contracts'],
  errors: ['objects'],
  store: ['objects'],
  codec: ['facts', 'objects', 'errors'],
  registry: ['objects', 'errors', 'store', 'codec'],
  apiextensions: ['objects', 'errors', 'store', 'codec', 'registry'],
  client: ['objects', 'errors', 'store', 'codec', 'registry'],
  etcd: ['contracts', 'objects', 'store', 'codec', 'registry'],
  patch: ['objects', 'errors', 'codec', 'registry'],
  rbac: ['facts', 'objects', 'errors', 'store', 'registry'],
  bootstrap: ['contracts', 'facts', 'pki', 'objects', 'errors', 'registry', 'rbac'],
  container: ['contracts', 'facts', 'pki', 'flags', 'errors', 'codec', 'etcd'],
  resources: ['facts', 'pki', 'objects', 'errors', 'codec', 'registry', 'apiextensions'],
  network: ['contracts', 'facts', 'objects', 'bootstrap'],
  quota: ['codec', 'resources'],
  admission: ['facts', 'pki', 'objects', 'errors', 'codec', 'registry', 'apiextensions', 'rbac', 'resources', 'quota'],
  aggregation: ['pki', 'objects', 'errors', 'codec', 'registry', 'client', 'network'],
  controllers: ['facts', 'pki', 'objects', 'errors', 'codec', 'registry', 'client', 'rbac', 'resources', 'quota', 'admission'],
  server: ['contracts', 'pki', 'objects', 'errors', 'store', 'codec', 'registry', 'rbac', 'aggregation'],
  node: ['contracts', 'facts', 'pki', 'flags', 'objects', 'errors', 'codec', 'registry', 'bootstrap', 'resources', 'server'],
  scheduler: ['objects', 'errors', 'controllers'],
  cluster: [
    'contracts', 'facts', 'pki', 'objects', 'errors', 'store', 'registry', 'apiextensions', 'client', 'etcd', 'patch', 'rbac',
    'bootstrap', 'resources', 'network', 'admission', 'aggregation', 'controllers', 'server', 'node', 'scheduler',
  ],
  door: [
    'contracts', 'facts', 'pki', 'objects', 'store', 'etcd', 'bootstrap', 'resources', 'aggregation', 'controllers', 'cluster',
  ],
};

/** The rooms of src/embedded/container. What of the rest of src/embedded they may use is its row above. */
const containerRooms = {
  kernel: [],
  protocol: [],
  database: ['kernel'],
  images: ['kernel'],
  regex: ['kernel'],
  lib: ['kernel', 'regex'],
  'api-client': ['kernel', 'lib'],
  'reverse-proxy': ['kernel', 'lib'],
  sh: ['kernel', 'regex', 'lib'],
  worker: ['kernel', 'protocol', 'images', 'lib'],
  programs: ['kernel', 'database', 'images', 'regex', 'lib', 'api-client', 'reverse-proxy', 'sh'],
  thread: ['kernel', 'protocol', 'worker', 'programs'],
  door: ['kernel', 'protocol', 'images'],
};

/** Rooms that are no folder of their own: by table and room, what is in them. */
const filesOf = {
  'src/embedded': {
    contracts: ['container-api.ts', 'network-api.ts', 'node-api.ts', 'upgrade.ts'],
    facts: ['generated/', 'mirror-pod.ts', 'node-facts.ts', 'system-namespaces.ts', 'upstream-resolver.ts'],
    objects: ['api.ts', 'definition.ts', 'schema.ts'],
    door: ['cluster.ts', 'host.ts'],
  },
  'src/embedded/container': {
    protocol: ['protocol.ts'],
    thread: ['worker.ts'],
    door: ['index.ts', 'runtime.ts', 'runtime/', 'worker-client.ts'],
  },
};

/** The rules of one table: what each room may import of `folder`, and that there is no other room. */
function rulesOf(folder, table) {
  const pathsOf = (room) =>
    (filesOf[folder]?.[room] ?? [`${room}/`]).map((path) => `${folder}/${path}`.replaceAll('.', '\\.'));
  const all = Object.keys(table);
  const rules = all.map((room, row) => {
    const above = table[room].find((other) => !all.slice(0, row).includes(other));
    if (above !== undefined) throw new Error(`${folder}: ${above} has no row before ${room}, which may import it`);
    const allowed = [room, ...table[room]];
    return {
      name: `layers: ${folder}/${room}`,
      comment: `${folder}: ${room} may import only: ${allowed.join(', ')}`,
      severity: 'error',
      from: { path: pathsOf(room).map((path) => `^${path}`) },
      to: { path: `^${folder}/`, pathNot: allowed.flatMap(pathsOf).map((path) => `^${path}`) },
    };
  });
  const strange = {
    name: `layers: ${folder}/?`,
    comment: `every file below ${folder} belongs to a room of its table`,
    severity: 'error',
    from: { path: `^${folder}/`, pathNot: [`^${main}$`, ...all.flatMap(pathsOf).map((path) => `^${path}`)] },
    to: {},
  };
  return [...rules, strange];
}

module.exports = {
  forbidden: [
    ...rulesOf('src', rooms),
    ...rulesOf('src/embedded', embeddedRooms),
    ...rulesOf('src/embedded/container', containerRooms),
    {
      name: 'container-door',
      comment: 'the simulator of containers is used through its index.ts, as if it were a package',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/embedded/container/' },
      to: { path: '^src/embedded/container/', pathNot: '^src/embedded/container/index\\.ts$' },
    },
    {
      name: 'program-door',
      comment: 'a program knows of another only its index.ts; what they share is a library below programs',
      severity: 'error',
      from: { path: '^src/embedded/container/programs/([^/.]+)' },
      to: {
        path: '^src/embedded/container/programs/[^/]+/',
        pathNot: '^src/embedded/container/programs/($1/|[^/]+/index\\.ts$)',
      },
    },
    {
      name: 'no-circular',
      comment: 'files that need each other are one file, or need something that lies below both',
      severity: 'error',
      from: { path: '^src/' },
      to: { circular: true },
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
    // Imports of types as well.
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '\\.test\\.tsx?$' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
