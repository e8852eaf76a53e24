/** Images of exercises and manifests found everywhere: databases, sample applications, echo servers. */
import type { ImageDescription } from '../../container-api.ts';
import { alpineLayout, debianLayout, distrolessLayout, pathEnv } from './layouts.ts';
import type { Image } from './types.ts';

type Service = NonNullable<ImageDescription['service']>;

const bookworm = { id: 'debian', name: 'Debian GNU/Linux 12 (bookworm)', version: '12.9' };
const version = /^(latest|alpine|slim|stable|v?\d{1,4}(\.\d{1,4}){0,2}(-[a-z][\w.]*)?)$/;

interface Application {
  repository: string;
  tags?: RegExp;
  sizeBytes: number;
  /** Where the program is; it is the image's command. */
  path: string;
  base?: 'debian' | 'alpine' | 'scratch';
  user?: number;
  service: Service;
}

const tcp = (port: number, greeting = '') => ({ port, protocol: 'tcp' as const, routes: { '/': { body: greeting } } });
const http = (port: number, body: string) => ({ port, routes: { '/': { body } } });

const applications: Application[] = [
  {
    repository: 'docker.io/library/mongo',
    sizeBytes: 270_000_000,
    path: '/usr/bin/mongod',
    service: {
      logs: [
        '{"t":{"$date":"{iso}"},"s":"I","c":"NETWORK","id":23016,"ctx":"listener","msg":"Waiting for connections","attr":{"port":27017,"ssl":"off"}}',
      ],
      ports: [tcp(27017)],
    },
  },
  {
    repository: 'docker.io/library/rabbitmq',
    sizeBytes: 110_000_000,
    path: '/usr/sbin/rabbitmq-server',
    service: {
      logs: ['{date} [info] <0.9.0> Server startup complete; 4 plugins started.'],
      ports: [tcp(5672), tcp(15672)],
    },
  },
  {
    repository: 'docker.io/library/wordpress',
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
    tags: /^[12]\.0$/,
    sizeBytes: 11_500_000,
    path: '/hello-app',
    base: 'scratch',
    service: {
      logs: ['{date} Server listening on port 8080'],
      ports: [http(8080, 'Hello, world!\nVersion: {tag}.0\nHostname: {hostname}\n')],
    },
  },
  {
    repository: 'docker.io/nginxdemos/hello',
    sizeBytes: 21_000_000,
    path: '/usr/sbin/hello',
    base: 'alpine',
    service: { ports: [http(80, 'Server address: {ip}:80\nServer name: {hostname}\n')] },
  },
  ...(['docker.io/ealen/echo-server', 'docker.io/jmalloc/echo-server', 'registry.k8s.io/echoserver'] as const).map(
    (repository): Application => ({
      repository,
      sizeBytes: 40_000_000,
      path: '/bin/echo-server',
      base: 'alpine',
      service: {
        logs: ['Echo server listening'],
        ports: [http(80, 'Request served by {hostname}\n'), http(8080, 'Request served by {hostname}\n')],
      },
    }),
  ),
  {
    repository: 'docker.io/traefik/whoami',
    sizeBytes: 6_600_000,
    path: '/whoami',
    base: 'scratch',
    service: { logs: ['{date} Starting up on port 80'], ports: [http(80, 'Hostname: {hostname}\nIP: {ip}\n')] },
  },
  {
    repository: 'docker.io/stefanprodan/podinfo',
    sizeBytes: 48_000_000,
    path: '/home/app/podinfo',
    base: 'alpine',
    user: 100,
    service: {
      logs: ['{"level":"info","ts":"{iso}","caller":"podinfo/main.go:153","msg":"Starting podinfo","port":"9898"}'],
      ports: [
        {
          port: 9898,
          routes: {
            '/healthz': { body: '{\n  "status": "OK"\n}' },
            '/readyz': { body: '{\n  "status": "OK"\n}' },
            '/': { body: '{\n  "hostname": "{hostname}",\n  "message": "greetings from podinfo"\n}' },
          },
        },
      ],
    },
  },
  {
    repository: 'docker.io/library/hello-world',
    sizeBytes: 13_256,
    path: '/hello',
    base: 'scratch',
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

/** Language images have their shell and tools, but not the language. */
const languages: readonly Image[] = (['node', 'golang', 'ruby', 'php', 'openjdk', 'eclipse-temurin'] as const).map(
  (name) => ({
    repository: `docker.io/library/${name}`,
    tags: version,
    flavor: 'gnu',
    sizeBytes: 120_000_000,
    cmd: ['bash'],
    env: pathEnv,
    files: (tree) => debianLayout(tree, bookworm),
  }),
);

/** The web server and the JSON printer of Python, without the language. */
const pythonImage: Image = {
  repository: 'docker.io/library/python',
  tags: /^(latest|(3(\.([7-9]|1[0-4])(\.\d{1,2})?)?-)?(slim|alpine|bookworm|bullseye|trixie|slim-bookworm|slim-bullseye|slim-trixie|alpine3\.\d{2})|3(\.([7-9]|1[0-4])(\.\d{1,2})?)?)$/,
  flavor: 'gnu',
  sizeBytes: 48_000_000,
  cmd: ['python3'],
  env: { ...pathEnv, LANG: 'C.UTF-8' },
  files: (tree) => {
    debianLayout(tree, bookworm);
    tree.program('/usr/local/bin/python3', 'python3');
    tree.link('/usr/local/bin/python', 'python3').link('/usr/local/bin/python3.12', 'python3');
  },
};

export const applicationImages: readonly Image[] = [
  {
    repository: 'registry.k8s.io/hpa-example',
    tags: /^latest$/,
    flavor: 'gnu',
    sizeBytes: 180_000_000,
    cmd: ['apache2-foreground'],
    env: pathEnv,
    workingDir: '/var/www/html',
    files: (tree) => {
      debianLayout(tree, bookworm);
      tree.program('/usr/local/bin/apache2-foreground', 'hpa-example');
    },
  },
  ...applications.map(
    (a): Image => ({
      repository: a.repository,
      tags: a.tags ?? version,
      flavor: a.base === 'alpine' ? 'busybox' : 'gnu',
      sizeBytes: a.sizeBytes,
      cmd: [a.path],
      env: pathEnv,
      user: a.user,
      service: a.service,
      files: (tree) => {
        if (a.base === 'scratch') distrolessLayout(tree);
        else if (a.base === 'alpine') alpineLayout(tree, '3.20.3');
        else debianLayout(tree, bookworm);
        tree.program(a.path, 'service');
      },
    }),
  ),
  ...languages,
  pythonImage,
  {
    repository: 'docker.io/library/perl',
    tags: version,
    flavor: 'gnu',
    sizeBytes: 336_000_000,
    cmd: ['perl', '-de0'],
    env: pathEnv,
    files: (tree) => {
      debianLayout(tree, bookworm);
      tree.program('/usr/local/bin/perl', 'perl');
    },
  },
];
