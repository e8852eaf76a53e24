/** Databases that keep what they are given. */
import { debianLayout, pathEnv } from './layouts.ts';
import type { Image } from './types.ts';

const MEBIBYTE = 1024 ** 2;
const bookworm = { id: 'debian', name: 'Debian GNU/Linux 12 (bookworm)', version: '12.9' };

/** What is no server's name runs as it is. */
const entrypoint = (server: string) =>
  `#!/bin/bash\nset -e\ncase "$1" in -*) set -- ${server} "$@" ;; esac\nexec "$@"\n`;

export const databases: readonly Image[] = [
  {
    repository: 'docker.io/library/mysql',
    needs: { memoryBytes: 350 * MEBIBYTE, cores: 0.004 },
    tags: /^(latest|lts|innovation|(5|5\.7|5\.7\.([0-9]|[1-3]\d|4[0-4])|8|8\.0|8\.0\.([0-9]|[1-3]\d|4[0-4])|8\.4|8\.4\.[0-7]|9|9\.[0-5](\.\d)?)(-(debian|oracle|oraclelinux[89]))?)$/,
    flavor: 'gnu',
    sizeBytes: 165_000_000,
    entrypoint: ['docker-entrypoint.sh'],
    cmd: ['mysqld'],
    env: { ...pathEnv, GOSU_VERSION: '1.17' },
    files: (tree) => {
      debianLayout(tree, bookworm, [{ name: 'mysql', uid: 999, home: '/var/lib/mysql' }]);
      tree.program('/usr/sbin/mysqld', 'mysqld').programs('/usr/bin', ['mysql', 'mysqladmin']);
      tree.dir('/var/lib/mysql', 0o1777, 999).dir('/docker-entrypoint-initdb.d').dir('/etc/mysql/conf.d');
      tree.file('/usr/local/bin/docker-entrypoint.sh', entrypoint('mysqld'), 0o755);
      tree.link('/entrypoint.sh', 'usr/local/bin/docker-entrypoint.sh');
    },
  },
  {
    repository: 'docker.io/library/mariadb',
    needs: { memoryBytes: 80 * MEBIBYTE, cores: 0.002 },
    tags: /^(latest|lts|(10|10\.(5|6|11)(\.\d{1,2})?|11|11\.[0-8](\.\d)?|12|12\.[01](\.\d)?)(-(noble|jammy|focal|ubi\d?))?)$/,
    flavor: 'gnu',
    sizeBytes: 115_000_000,
    entrypoint: ['docker-entrypoint.sh'],
    cmd: ['mariadbd'],
    env: { ...pathEnv, LANG: 'C.UTF-8' },
    files: (tree) => {
      debianLayout(tree, { id: 'ubuntu', name: 'Ubuntu 24.04.1 LTS', version: '24.04' }, [
        { name: 'mysql', uid: 999, home: '/var/lib/mysql' },
      ]);
      tree.program('/usr/sbin/mariadbd', 'mysqld').link('/usr/sbin/mysqld', 'mariadbd');
      tree.program('/usr/bin/mariadb', 'mysql').link('/usr/bin/mysql', 'mariadb');
      tree.program('/usr/bin/mariadb-admin', 'mysqladmin').link('/usr/bin/mysqladmin', 'mariadb-admin');
      tree.dir('/var/lib/mysql', 0o1777, 999).dir('/docker-entrypoint-initdb.d').dir('/etc/mysql/conf.d');
      tree.file('/usr/local/bin/docker-entrypoint.sh', entrypoint('mariadbd'), 0o755);
    },
  },
  {
    repository: 'docker.io/library/postgres',
    needs: { memoryBytes: 20 * MEBIBYTE, cores: 0.001 },
    tags: /^(latest|alpine|bookworm|trixie|(9\.6|1[0-8])(\.\d{1,2})?(-(alpine|alpine3\.\d{2}|bookworm|bullseye|trixie))?)$/,
    flavor: 'gnu',
    sizeBytes: 155_000_000,
    entrypoint: ['docker-entrypoint.sh'],
    cmd: ['postgres'],
    env: { ...pathEnv, LANG: 'en_US.utf8', PGDATA: '/var/lib/postgresql/data' },
    files: (tree) => {
      debianLayout(tree, bookworm, [{ name: 'postgres', uid: 999, home: '/var/lib/postgresql', shell: '/bin/bash' }]);
      tree.programs('/usr/local/bin', ['postgres', 'psql', 'pg_isready']);
      tree.dir('/var/lib/postgresql', 0o755, 999).dir('/var/lib/postgresql/data', 0o1777, 999);
      tree.dir('/var/run/postgresql', 0o1777, 999).dir('/docker-entrypoint-initdb.d');
      tree.file('/usr/local/bin/docker-entrypoint.sh', entrypoint('postgres'), 0o755);
    },
  },
];
