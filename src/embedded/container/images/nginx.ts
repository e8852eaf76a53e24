/** nginx, as the images of Docker, of NGINX without root, and of Kubernetes' examples have it. */

import type { System } from '../kernel/image.ts';
import { builds, type Line } from './builds.ts';
import { layOut, pathEnv } from './layouts.ts';
import { pattern } from './tags.ts';
import type { Tree } from './tree.ts';
import type { ImageContent, ImageFamily } from './types.ts';

const MEBIBYTE = 1024 ** 2;

const nginxPage = `<!DOCTYPE html>
<html>
<head><title>Welcome to nginx!</title></head>
<body>
<h1>Welcome to nginx!</h1>
<p>The web server of this container is working.</p>
</body>
</html>
`;

const lines: readonly Line[] = [
  ['1.29.3', 'trixie', 'bookworm', '3.22'],
  ['1.28.0', 'bookworm', '3.21'],
  ['1.27.5', 'bookworm', '3.21'],
  ['1.26.3', 'bookworm', '3.20'],
  ['1.25.5', 'bookworm', '3.19'],
  ['1.24.0', 'bullseye', '3.17'],
  ['1.23.4', 'bullseye', '3.17'],
  ['1.22.1', 'bullseye', '3.17'],
  ['1.21.6', 'bullseye', '3.15'],
  ['1.20.2', 'buster', '3.14'],
  ['1.19.10', 'buster', '3.13'],
  ['1.18.0', 'buster', '3.11'],
  ['1.17.10', 'buster', '3.11'],
  ['1.16.1', 'stretch', '3.10'],
  ['1.15.12', 'stretch', '3.9'],
  ['1.14.2', 'stretch', '3.9'],
  ['1.13.12', 'stretch', '3.9'],
  ['1.12.2', 'stretch', '3.9'],
  ['1.11.13', 'jessie', '3.9'],
  ['1.10.3', 'jessie', '3.9'],
  ['1.9.15', 'jessie'],
  ['1.8.1', 'jessie'],
  ['1.7.12', 'jessie'],
];

const nginxBuilds = builds(lines, {
  names: { mainline: '1.29.3', stable: '1.28.0' },
  more: ['-perl', '-otel', '-alpine-slim', '-alpine-perl'],
});

interface Layout {
  /** What it listens on before anybody says otherwise. */
  port: number;
  privileged: boolean;
  pid: string;
}

const conf = ({ privileged, pid }: Layout) => `
${privileged ? 'user  nginx;\n' : ''}worker_processes  auto;

error_log  /var/log/nginx/error.log notice;
pid        ${pid};


events {
    worker_connections  1024;
}


http {
${
  privileged
    ? ''
    : `    proxy_temp_path /tmp/proxy_temp;
    client_body_temp_path /tmp/client_temp;
    fastcgi_temp_path /tmp/fastcgi_temp;
    uwsgi_temp_path /tmp/uwsgi_temp;
    scgi_temp_path /tmp/scgi_temp;

`
}    include       /etc/nginx/mime.types;
    default_type  application/octet-stream;

    log_format  main  '$remote_addr - $remote_user [$time_local] "$request" '
                      '$status $body_bytes_sent "$http_referer" '
                      '"$http_user_agent" "$http_x_forwarded_for"';

    access_log  /var/log/nginx/access.log  main;

    sendfile        on;
    #tcp_nopush     on;

    keepalive_timeout  65;

    #gzip  on;

    include /etc/nginx/conf.d/*.conf;
}
`;

const mimeTypes = `
types {
    text/html                                        html htm shtml;
    text/css                                         css;
    text/xml                                         xml;
    image/gif                                        gif;
    image/jpeg                                       jpeg jpg;
    application/javascript                           js;
    application/atom+xml                             atom;
    application/rss+xml                              rss;
    text/plain                                       txt;
    image/png                                        png;
    image/svg+xml                                    svg svgz;
    image/webp                                       webp;
    image/x-icon                                     ico;
    font/woff                                        woff;
    font/woff2                                       woff2;
    application/json                                 json;
    application/pdf                                  pdf;
    application/wasm                                 wasm;
    application/x-sh                                 sh;
    application/zip                                  zip;
    application/octet-stream                         bin exe dll;
    audio/mpeg                                       mp3;
    video/mp4                                        mp4;
}
`;

const defaultConf = (port: number) => `server {
    listen       ${port};
    server_name  localhost;

    #access_log  /var/log/nginx/host.access.log  main;

    location / {
        root   /usr/share/nginx/html;
        index  index.html index.htm;
    }

    #error_page  404              /404.html;

    # redirect server error pages to the static page /50x.html
    #
    error_page   500 502 503 504  /50x.html;
    location = /50x.html {
        root   /usr/share/nginx/html;
    }
}
`;

const say = 'entrypoint_log() { [ -n "$NGINX_ENTRYPOINT_QUIET_LOGS" ] || echo "$@"; }';

/** Runs what is in /docker-entrypoint.d before nginx starts, and says so. */
const entrypoint = `#!/bin/sh
set -e
${say}
me=/docker-entrypoint.sh
case "$1" in
nginx | nginx-debug)
  found=
  for f in /docker-entrypoint.d/*; do [ -f "$f" ] && found=yes; done
  if [ -n "$found" ]; then
    entrypoint_log "$me: /docker-entrypoint.d/ is not empty, will attempt to perform configuration"
    entrypoint_log "$me: Looking for shell scripts in /docker-entrypoint.d/"
    for f in /docker-entrypoint.d/*; do
      case "$f" in
      *.envsh)
        if [ -x "$f" ]; then
          entrypoint_log "$me: Sourcing $f"
          . "$f"
        else
          entrypoint_log "$me: Ignoring $f, not executable"
        fi
        ;;
      *.sh)
        if [ -x "$f" ]; then
          entrypoint_log "$me: Launching $f"
          "$f"
        else
          entrypoint_log "$me: Ignoring $f, not executable"
        fi
        ;;
      *) entrypoint_log "$me: Ignoring $f" ;;
      esac
    done
    entrypoint_log "$me: Configuration complete; ready for start up"
  else
    entrypoint_log "$me: No files found in /docker-entrypoint.d/, skipping configuration"
  fi
  ;;
esac
exec "$@"
`;

/** Adds an IPv6 listener to the configuration that nobody has touched. */
const listenOnIpv6 = `#!/bin/sh
${say}
me=10-listen-on-ipv6-by-default.sh
conf=/etc/nginx/conf.d/default.conf
if [ ! -f "$conf" ]; then
  entrypoint_log "$me: info: $conf is not a file or does not exist"
  exit 0
fi
if ! touch "$conf" 2>/dev/null; then
  entrypoint_log "$me: info: can not modify $conf (read-only file system?)"
  exit 0
fi
if grep -q 'listen  *\\[::\\]:' "$conf"; then
  entrypoint_log "$me: info: IPv6 listen already enabled"
  exit 0
fi
entrypoint_log "$me: info: Getting the checksum of $conf"
if [ "$(md5sum <"$conf")" != "$(md5sum </usr/share/nginx/default.conf.dist)" ]; then
  entrypoint_log "$me: info: $conf differs from the packaged version"
  exit 0
fi
sed -i -E 's,listen       ([0-9]+);,listen       \\1;\\n    listen  [::]:\\1;,' "$conf"
entrypoint_log "$me: info: Enabled listen on IPv6 in $conf"
`;

const localResolvers = `# Sourced by the entrypoint.
if [ -n "$NGINX_ENTRYPOINT_LOCAL_RESOLVERS" ]; then
  NGINX_LOCAL_RESOLVERS=$(awk '/^nameserver/ { printf "%s%s", sep, $2; sep = " " }' /etc/resolv.conf)
  export NGINX_LOCAL_RESOLVERS
fi
`;

/** Fills the templates in with the environment's variables. */
const templates = `#!/bin/sh
set -e
${say}
me=20-envsubst-on-templates.sh
from="\${NGINX_ENVSUBST_TEMPLATE_DIR:-/etc/nginx/templates}"
end="\${NGINX_ENVSUBST_TEMPLATE_SUFFIX:-.template}"
to="\${NGINX_ENVSUBST_OUTPUT_DIR:-/etc/nginx/conf.d}"
[ -d "$from" ] || exit 0
names=$(env | cut -d= -f1 | grep -E "\${NGINX_ENVSUBST_FILTER:-.}" | sed 's/^/$\{/; s/$/}/')
if ! [ -w "$to" ]; then
  entrypoint_log "$me: ERROR: $from exists, but $to is not writable"
  exit 0
fi
find "$from" -follow -type f -name "*$end" | sort | while read -r template; do
  relative="\${template#"$from/"}"
  output="$to/\${relative%"$end"}"
  mkdir -p "$(dirname "$output")"
  entrypoint_log "$me: Running envsubst on $template to $output"
  envsubst "$names" <"$template" >"$output"
done
`;

const tuneWorkers = `#!/bin/sh
[ -n "$NGINX_ENTRYPOINT_WORKER_PROCESSES_AUTOTUNE" ] || exit 0
sed -i "s/^worker_processes.*/worker_processes  $(nproc);/" /etc/nginx/nginx.conf
`;

/** From this release on the image has the scripts of /docker-entrypoint.d. */
const hasScripts = (version: string) => Number(version.split('.')[1]) >= 19;

function files(
  tree: Tree,
  system: System,
  layout: Layout,
  { version, variant }: { version: string; variant: string },
): void {
  layOut(tree, system, [{ name: 'nginx', uid: 101, home: '/nonexistent' }]);
  const modern = Number(version.split('.')[1]) >= 21;
  if (modern && variant !== '-alpine-slim') tree.programs('/usr/bin', ['curl']);
  if (system.family === 'debian') tree.programs('/usr/bin', ['openssl']);
  if (hasScripts(version))
    tree.program(system.family === 'alpine' ? '/usr/local/bin/envsubst' : '/usr/bin/envsubst', 'envsubst');
  tree.program('/usr/sbin/nginx', 'nginx');
  tree.file('/usr/share/nginx/html/index.html', nginxPage);
  tree.file(
    '/usr/share/nginx/html/50x.html',
    '<!DOCTYPE html>\n<html><head><title>Error</title></head><body><h1>An error occurred.</h1></body></html>\n',
  );
  tree.file('/etc/nginx/nginx.conf', conf(layout)).file('/etc/nginx/mime.types', mimeTypes);
  tree.file('/etc/nginx/conf.d/default.conf', defaultConf(layout.port), 0o644, layout.privileged ? 0 : 101);
  tree.file('/usr/share/nginx/default.conf.dist', defaultConf(layout.port));
  tree.link('/var/log/nginx/access.log', '/dev/stdout').link('/var/log/nginx/error.log', '/dev/stderr');
  tree.dir('/var/cache/nginx', 0o755, layout.privileged ? 0 : 101).dir('/docker-entrypoint.d');
  if (!layout.privileged) tree.dir('/etc/nginx/conf.d', 0o755, 101);
  if (!hasScripts(version)) return;
  tree.file('/docker-entrypoint.sh', entrypoint, 0o755);
  tree.file('/docker-entrypoint.d/10-listen-on-ipv6-by-default.sh', listenOnIpv6, 0o755);
  tree.file('/docker-entrypoint.d/15-local-resolvers.envsh', localResolvers, 0o755);
  tree.file('/docker-entrypoint.d/20-envsubst-on-templates.sh', templates, 0o755);
  tree.file('/docker-entrypoint.d/30-tune-worker-processes.sh', tuneWorkers, 0o755);
}

function content(layout: Layout): (release: { version: string; variant: string }) => ImageContent {
  return (release) => {
    const system = nginxBuilds.system(release);
    return {
      ...{ system, sizeBytes: system.family === 'alpine' ? 22_462_817 : 59_774_010 },
      ...(hasScripts(release.version) && { entrypoint: ['/docker-entrypoint.sh'] }),
      cmd: ['nginx', '-g', 'daemon off;'],
      env: { ...pathEnv, NGINX_VERSION: release.version },
      ...(!layout.privileged && { user: 101, group: 101 }),
      needs: { memoryBytes: MEBIBYTE },
      files: (tree) => files(tree, system, layout, release),
    };
  };
}

const stock: Layout = { port: 80, privileged: true, pid: '/run/nginx.pid' };
const about = 'web server and proxy: nginx with its configuration language, TLS, templates';

export const nginxImages: readonly ImageFamily[] = [
  { repository: 'docker.io/library/nginx', about, tags: nginxBuilds.tags, content: content(stock) },
  {
    repository: 'docker.io/nginxinc/nginx-unprivileged',
    about: `${about}; as user 101 on port 8080`,
    tags: nginxBuilds.tags,
    content: content({ port: 8080, privileged: false, pid: '/tmp/nginx.pid' }),
  },
  {
    repository: 'registry.k8s.io/nginx-slim',
    about,
    tags: pattern(/^0\.([1-9]|[12]\d)$/, ['0.1 to 0.29']),
    content: () => content(stock)({ version: '1.27.5', variant: '' }),
  },
];
