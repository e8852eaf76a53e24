/** Web servers and stores: long-running programs that listen. */
import { debianLayout, distrolessLayout, pathEnv } from './layouts.ts';
import type { Tree } from './tree.ts';
import type { Image } from './types.ts';

const MEBIBYTE = 1024 ** 2;

const bookworm = { id: 'debian', name: 'Debian GNU/Linux 12 (bookworm)', version: '12.9' };

export const nginxPage = `<!DOCTYPE html>
<html>
<head><title>Welcome to nginx!</title></head>
<body>
<h1>Welcome to nginx!</h1>
<p>The web server of this container is working.</p>
</body>
</html>
`;

const nginxConf = `user  nginx;
worker_processes  auto;
error_log  /var/log/nginx/error.log notice;
pid        /run/nginx.pid;
events {
    worker_connections  1024;
}
http {
    include       /etc/nginx/mime.types;
    default_type  application/octet-stream;
    access_log  /var/log/nginx/access.log;
    sendfile        on;
    keepalive_timeout  65;
    include /etc/nginx/conf.d/*.conf;
}
`;

function nginxFiles(tree: Tree, port: number): void {
  debianLayout(tree, bookworm, [{ name: 'nginx', uid: 101, home: '/nonexistent' }]);
  tree.programs('/usr/bin', ['curl', 'openssl']);
  tree.program('/usr/sbin/nginx', 'nginx');
  tree.file('/usr/share/nginx/html/index.html', nginxPage);
  tree.file(
    '/usr/share/nginx/html/50x.html',
    '<!DOCTYPE html>\n<html><head><title>Error</title></head><body><h1>An error occurred.</h1></body></html>\n',
  );
  tree.file('/etc/nginx/nginx.conf', nginxConf);
  tree.file(
    '/etc/nginx/mime.types',
    'types {\n    text/html  html htm;\n    text/css  css;\n    application/json  json;\n}\n',
  );
  tree.file(
    '/etc/nginx/conf.d/default.conf',
    `server {\n    listen       ${port};\n    server_name  localhost;\n\n    location / {\n        root   /usr/share/nginx/html;\n        index  index.html index.htm;\n    }\n\n    error_page   500 502 503 504  /50x.html;\n}\n`,
  );
  tree.link('/var/log/nginx/access.log', '/dev/stdout').link('/var/log/nginx/error.log', '/dev/stderr');
  tree.dir('/var/cache/nginx', 0o755, 101);
  tree.file('/docker-entrypoint.sh', '#!/bin/sh\nset -e\nexec "$@"\n', 0o755);
}

const nginxTags =
  /^(latest|(stable|mainline|1|1\.(\d|1\d|2\d)(\.\d{1,2})?)(-(alpine|alpine-slim|alpine-perl|perl|otel|bookworm|bullseye))?|alpine|alpine-slim|perl)$/;
/** Patch releases of nginx stay below 16. */
const nginxExisting = new RegExp(nginxTags.source.replace('(\\.\\d{1,2})?', '(\\.(\\d|1[0-5]))?'));

export const servers: readonly Image[] = [
  {
    repository: 'docker.io/library/nginx',
    needs: { memoryBytes: 2 * MEBIBYTE },
    tags: nginxExisting,
    flavor: 'gnu',
    sizeBytes: 29_675_394,
    entrypoint: ['/docker-entrypoint.sh'],
    cmd: ['nginx', '-g', 'daemon off;'],
    env: { ...pathEnv, NGINX_VERSION: '1.27.5' },
    files: (tree) => nginxFiles(tree, 80),
  },
  {
    repository: 'docker.io/nginxinc/nginx-unprivileged',
    needs: { memoryBytes: 2 * MEBIBYTE },
    tags: nginxExisting,
    flavor: 'gnu',
    sizeBytes: 29_675_394,
    entrypoint: ['/docker-entrypoint.sh'],
    cmd: ['nginx', '-g', 'daemon off;'],
    env: { ...pathEnv, NGINX_VERSION: '1.27.5' },
    user: 101,
    files: (tree) => nginxFiles(tree, 8080),
  },
  {
    repository: 'docker.io/library/httpd',
    needs: { memoryBytes: 5 * MEBIBYTE },
    tags: /^(latest|alpine|bookworm|2(\.4(\.\d{1,2})?)?(-(alpine|bookworm|trixie))?)$/,
    flavor: 'gnu',
    sizeBytes: 3_345_405,
    cmd: ['httpd-foreground'],
    env: { ...pathEnv, PATH: `/usr/local/apache2/bin:${pathEnv.PATH}`, HTTPD_PREFIX: '/usr/local/apache2' },
    workingDir: '/usr/local/apache2',
    files: (tree) => {
      debianLayout(tree, bookworm);
      tree.program('/usr/local/apache2/bin/httpd', 'apache-httpd');
      tree.file('/usr/local/apache2/htdocs/index.html', '<html><body><h1>It works!</h1></body></html>\n');
      tree.file(
        '/usr/local/apache2/conf/httpd.conf',
        'ServerRoot "/usr/local/apache2"\nListen 80\nServerAdmin you@example.com\nDocumentRoot "/usr/local/apache2/htdocs"\n',
      );
      tree.dir('/usr/local/apache2/logs');
      tree.file(
        '/usr/local/bin/httpd-foreground',
        '#!/bin/sh\nset -e\nrm -f /usr/local/apache2/logs/httpd.pid\nexec httpd -DFOREGROUND "$@"\n',
        0o755,
      );
    },
  },
  {
    repository: 'docker.io/library/redis',
    needs: { memoryBytes: 3 * MEBIBYTE },
    tags: /^(latest|alpine|bookworm|trixie|[5-8](\.[0-9](\.\d{1,2})?)?(-(alpine|bookworm|bullseye|trixie))?)$/,
    flavor: 'gnu',
    sizeBytes: 37_809_537,
    entrypoint: ['docker-entrypoint.sh'],
    cmd: ['redis-server'],
    env: { ...pathEnv, REDIS_VERSION: '7.4.1' },
    workingDir: '/data',
    files: (tree) => {
      debianLayout(tree, bookworm, [{ name: 'redis', uid: 999, home: '/home/redis' }]);
      tree.programs('/usr/local/bin', ['redis-server', 'redis-cli']);
      tree.dir('/data', 0o755, 999);
      tree.file(
        '/usr/local/bin/docker-entrypoint.sh',
        '#!/bin/sh\nset -e\ncase "$1" in -*|*.conf) set -- redis-server "$@" ;; esac\nexec "$@"\n',
        0o755,
      );
    },
  },
  {
    repository: 'docker.io/hashicorp/http-echo',
    tags: /^(latest|(v?)(0\.\d(\.\d)?|1\.0(\.0)?))$/,
    flavor: 'gnu',
    sizeBytes: 3_200_000,
    entrypoint: ['/http-echo'],
    env: pathEnv,
    files: (tree) => {
      distrolessLayout(tree);
      tree.program('/http-echo', 'http-echo');
    },
  },
  {
    repository: 'docker.io/library/memcached',
    needs: { memoryBytes: 1 * MEBIBYTE },
    tags: /^(latest|alpine|1(\.[5-6](\.\d{1,2})?)?(-(alpine|bookworm))?)$/,
    flavor: 'gnu',
    sizeBytes: 31_000_000,
    cmd: ['memcached'],
    env: pathEnv,
    user: 11211,
    files: (tree) => {
      debianLayout(tree, bookworm, [{ name: 'memcache', uid: 11211 }]);
      tree.program('/usr/local/bin/memcached', 'service');
    },
    service: { ports: [{ port: 11211, protocol: 'tcp', routes: { '/': { body: '' } } }] },
  },
  {
    repository: 'registry.k8s.io/nginx-slim',
    needs: { memoryBytes: 2 * MEBIBYTE },
    tags: /^0\.\d{1,2}$/,
    flavor: 'gnu',
    sizeBytes: 44_000_000,
    cmd: ['nginx', '-g', 'daemon off;'],
    env: pathEnv,
    files: (tree) => nginxFiles(tree, 80),
  },
];
