/** Images of exercises and manifests found everywhere: databases, sample applications, echo servers. */
import type { ImageDescription } from '../../container-api.ts';
import { builds } from './builds.ts';
import { layOut, pathEnv } from './layouts.ts';
import { noSystem, systemOf } from './systems.ts';
import { pattern } from './tags.ts';
import type { ImageFamily } from './types.ts';

type Service = NonNullable<ImageDescription['service']>;

const anyVersion = /^(latest|alpine|slim|stable|v?\d{1,4}(\.\d{1,4}){0,2}(-[a-z][\w.]*)?)$/;

interface Application {
  repository: string;
  /** What it can, for people. */
  about: string;
  tags?: { regex: RegExp; shown: readonly string[] };
  sizeBytes: number;
  /** Where the program is; it is the image's command. */
  path: string;
  /** Default: bookworm. */
  system?: string;
  user?: number;
  service: Service;
}

const http = (port: number, body: string) => ({ port, routes: { '/': { body } } });

const applications: Application[] = [
  {
    repository: 'docker.io/library/wordpress',
    about: 'web server with a page',
    sizeBytes: 240_000_000,
    path: '/usr/local/bin/apache2-foreground',
    service: {
      logs: [
        '[{date}] [mpm_prefork:notice] [pid 1] AH00163: Apache/2.4.62 (Debian) PHP/8.2.26 configured -- resuming normal operations',
      ],
      ports: [http(80, '<!DOCTYPE html>\n<html><head><title>WordPress</title></head><body>WordPress</body></html>\n')],
    },
  },
  {
    repository: 'gcr.io/google-samples/hello-app',
    about: 'web server that says its version and host',
    tags: { regex: /^[12]\.0$/, shown: ['1.0', '2.0'] },
    sizeBytes: 11_500_000,
    path: '/hello-app',
    system: 'none',
    service: {
      logs: ['{date} Server listening on port 8080'],
      ports: [http(8080, 'Hello, world!\nVersion: {tag}.0\nHostname: {hostname}\n')],
    },
  },
  {
    repository: 'docker.io/nginxdemos/hello',
    about: 'web server that says its address and host',
    sizeBytes: 21_000_000,
    path: '/usr/sbin/hello',
    system: '3.20',
    service: { ports: [http(80, 'Server address: {ip}:80\nServer name: {hostname}\n')] },
  },
  ...(['docker.io/ealen/echo-server', 'docker.io/jmalloc/echo-server', 'registry.k8s.io/echoserver'] as const).map(
    (repository): Application => ({
      repository,
      about: 'web server that says its host',
      sizeBytes: 40_000_000,
      path: '/bin/echo-server',
      system: '3.20',
      service: {
        logs: ['Echo server listening'],
        ports: [http(80, 'Request served by {hostname}\n'), http(8080, 'Request served by {hostname}\n')],
      },
    }),
  ),
  {
    repository: 'docker.io/traefik/whoami',
    about: 'web server that says its host and address',
    sizeBytes: 6_600_000,
    path: '/whoami',
    system: 'none',
    service: { logs: ['{date} Starting up on port 80'], ports: [http(80, 'Hostname: {hostname}\nIP: {ip}\n')] },
  },
  {
    repository: 'docker.io/library/hello-world',
    about: 'prints a greeting and ends',
    sizeBytes: 13_256,
    path: '/hello',
    system: 'none',
    service: {
      logs: [
        '',
        'Hello from Docker!',
        'This message shows that your installation appears to be working correctly.',
        '',
      ],
      exit: { afterSeconds: 0, code: 0 },
    },
  },
];

const pythonBuilds = builds(
  [
    ['3.14.0', 'trixie', 'bookworm', '3.22'],
    ['3.13.9', 'trixie', 'bookworm', '3.22'],
    ['3.12.12', 'trixie', 'bookworm', '3.22'],
    ['3.11.14', 'trixie', 'bookworm', '3.22'],
    ['3.10.19', 'trixie', 'bookworm', '3.22'],
    ['3.9.24', 'trixie', 'bookworm', '3.22'],
    ['3.8.20', 'bookworm', 'bullseye', '3.20'],
    ['3.7.17', 'bookworm', 'bullseye', '3.18'],
  ],
  { more: ['-slim'] },
);

/** The web server and the JSON printer of Python, without the language. */
const python: ImageFamily = {
  repository: 'docker.io/library/python',
  about: 'python3 -m http.server, -m json.tool and --version, without the language itself',
  tags: pythonBuilds.tags,
  content: (release) => {
    const system = pythonBuilds.system(release);
    return {
      ...{ system, sizeBytes: 48_000_000, cmd: ['python3'] },
      env: { ...pathEnv, LANG: 'C.UTF-8', PYTHON_VERSION: release.version },
      files: (tree) => {
        layOut(tree, system);
        if (system.family === 'debian' && !release.variant.startsWith('-slim')) tree.programs('/usr/bin', fullTools);
        tree.program('/usr/local/bin/python3', 'python3').link('/usr/local/bin/python', 'python3');
        tree.link(`/usr/local/bin/python${release.version.split('.').slice(0, 2).join('.')}`, 'python3');
      },
    };
  },
};

const perlBuilds = builds(
  [
    ['5.42.0', 'trixie', 'bookworm'],
    ['5.40.3', 'trixie', 'bookworm'],
    ['5.38.5', 'bookworm'],
    ['5.36.3', 'bookworm'],
    ['5.34.3', 'bookworm'],
  ],
  { names: { stable: '5.42.0', devel: '5.42.0' }, more: ['-slim'] },
);

const perl: ImageFamily = {
  repository: 'docker.io/library/perl',
  about: 'perl for the digits of pi, as the documentation of Jobs uses it, without the language itself',
  tags: perlBuilds.tags,
  content: (release) => {
    const system = perlBuilds.system(release);
    return {
      ...{ system, sizeBytes: 336_000_000, cmd: ['perl', '-de0'], env: { ...pathEnv, PERL_VERSION: release.version } },
      files: (tree) => {
        layOut(tree, system);
        if (!release.variant.startsWith('-slim')) tree.programs('/usr/bin', fullTools);
        tree.program('/usr/local/bin/perl', 'perl');
      },
    };
  },
};

/** What the large images of languages have that the small ones have not. */
const fullTools = ['curl', 'wget', 'openssl', 'ps', 'pgrep', 'pkill', 'free', 'uptime', 'top', 'watch', 'kill'];

const podinfoTags = pattern(/^(latest|\d{1,2}\.\d{1,3}\.\d{1,3})$/, ['latest', 'any version']);

/** A web service made to be looked at; the same is found in two registries. */
const podinfo = (['docker.io/stefanprodan/podinfo', 'ghcr.io/stefanprodan/podinfo'] as const).map(
  (repository): ImageFamily => ({
    repository,
    about: 'web server that tells of itself: /version, /healthz, /readyz, /env, /metrics, /delay, /status, /panic',
    tags: {
      ...podinfoTags,
      find: (tag) => (tag === 'latest' ? { version: '6.9.2', variant: '' } : podinfoTags.find(tag)),
    },
    content: () => ({
      ...{ system: systemOf('3.20'), sizeBytes: 48_000_000, cmd: ['./podinfo'], workingDir: '/home/app', user: 100 },
      env: pathEnv,
      files: (tree) => {
        layOut(tree, systemOf('3.20'), [{ name: 'app', uid: 100, home: '/home/app' }]);
        tree.program('/home/app/podinfo', 'podinfo');
      },
    }),
  }),
);

export const applicationImages: readonly ImageFamily[] = [
  {
    repository: 'registry.k8s.io/hpa-example',
    about: 'web server that takes a while for each answer, for autoscaling',
    tags: pattern(/^latest$/, ['latest']),
    content: () => ({
      ...{ system: systemOf('jessie'), sizeBytes: 180_000_000, cmd: ['apache2-foreground'] },
      ...{ env: pathEnv, workingDir: '/var/www/html' },
      files: (tree) => {
        layOut(tree, systemOf('jessie'));
        tree.program('/usr/local/bin/apache2-foreground', 'hpa-example');
      },
    }),
  },
  ...applications.map(
    ({ repository, about, tags, sizeBytes, path, system: name = 'bookworm', user, service }): ImageFamily => ({
      ...{ repository, about, tags: pattern(tags?.regex ?? anyVersion, tags?.shown ?? ['latest', 'any version']) },
      content: () => {
        const system = name === 'none' ? noSystem : systemOf(name);
        return {
          ...{ system, sizeBytes, cmd: [path], env: pathEnv, service },
          ...(user !== undefined && { user }),
          files: (tree) => {
            layOut(tree, system);
            tree.program(path, 'service');
          },
        };
      },
    }),
  ),
  ...podinfo,
  python,
  perl,
];
