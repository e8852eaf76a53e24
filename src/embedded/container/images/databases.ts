/** Databases that keep what they are given. */
import { builds } from './builds.ts';
import { layOut, pathEnv } from './layouts.ts';
import type { ImageFamily } from './types.ts';

const MEBIBYTE = 1024 ** 2;

/** What is no server's name runs as it is. */
const entrypoint = (server: string) =>
  `#!/bin/bash\nset -e\ncase "$1" in -*) set -- ${server} "$@" ;; esac\nexec "$@"\n`;

const mysqlBuilds = builds(
  [
    ['9.4.0', 'ol9'],
    ['9.3.0', 'ol9'],
    ['9.2.0', 'ol9'],
    ['9.1.0', 'ol9'],
    ['9.0.1', 'ol9'],
    ['8.4.7', 'ol9'],
    ['8.3.0', 'ol8'],
    ['8.2.0', 'ol8'],
    ['8.1.0', 'ol8'],
    ['8.0.44', 'ol9'],
    ['5.7.44', 'ol7'],
  ],
  {
    names: { lts: '8.4.7', innovation: '9.4.0' },
    more: ['-oracle', '-oraclelinux9', '-oraclelinux8', '-oraclelinux7'],
  },
);

const mariaBuilds = builds(
  [
    ['12.0.2', 'noble'],
    ['11.8.3', 'noble'],
    ['11.7.2', 'noble'],
    ['11.6.2', 'noble'],
    ['11.5.2', 'noble'],
    ['11.4.8', 'noble'],
    ['11.3.2', 'jammy'],
    ['11.2.6', 'jammy'],
    ['11.1.6', 'jammy'],
    ['11.0.6', 'jammy'],
    ['10.11.14', 'jammy'],
    ['10.6.23', 'jammy'],
    ['10.5.29', 'focal'],
  ],
  { names: { lts: '11.8.3' } },
);

const postgresBuilds = builds([
  ['18.0', 'trixie', 'bookworm', '3.22'],
  ['17.6', 'trixie', 'bookworm', '3.22'],
  ['16.10', 'trixie', 'bookworm', '3.22'],
  ['15.14', 'trixie', 'bookworm', '3.22'],
  ['14.19', 'trixie', 'bookworm', '3.22'],
  ['13.22', 'trixie', 'bookworm', '3.22'],
  ['12.22', 'bookworm', 'bullseye', '3.21'],
  ['11.22', 'bookworm', 'bullseye', '3.18'],
  ['10.23', 'bullseye', '3.16'],
  ['9.6.24', 'bullseye', '3.15'],
]);

const mongoBuilds = builds([
  ['8.2.1', 'noble'],
  ['8.0.15', 'noble'],
  ['7.0.25', 'jammy'],
  ['6.0.26', 'jammy'],
  ['5.0.31', 'focal'],
  ['4.4.29', 'focal'],
  ['4.2.24', 'bionic'],
  ['4.0.28', 'xenial'],
  ['3.6.23', 'xenial'],
]);

const rabbitmqBuilds = builds(
  [
    ['4.2.1', 'noble', '3.22'],
    ['4.1.6', 'noble', '3.22'],
    ['4.0.9', 'noble', '3.21'],
    ['3.13.7', 'jammy', '3.20'],
    ['3.12.14', 'jammy', '3.19'],
  ],
  { more: ['-management'] },
);

export const databases: readonly ImageFamily[] = [
  {
    repository: 'docker.io/library/mysql',
    about: 'database: mysqld, mysql and mysqladmin',
    tags: mysqlBuilds.tags,
    content: (release) => ({
      ...{ system: mysqlBuilds.system(release), sizeBytes: 165_000_000 },
      needs: { memoryBytes: 350 * MEBIBYTE, cores: 0.004 },
      ...{ entrypoint: ['docker-entrypoint.sh'], cmd: ['mysqld'] },
      env: { ...pathEnv, GOSU_VERSION: '1.17', MYSQL_MAJOR: release.version.replace(/\.\d+$/, '') },
      files: (tree) => {
        layOut(tree, mysqlBuilds.system(release), [{ name: 'mysql', uid: 999, home: '/var/lib/mysql' }]);
        tree.program('/usr/sbin/mysqld', 'mysqld').programs('/usr/bin', ['mysql', 'mysqladmin', 'openssl']);
        tree.dir('/var/lib/mysql', 0o1777, 999).dir('/docker-entrypoint-initdb.d').dir('/etc/mysql/conf.d');
        tree.file('/usr/local/bin/docker-entrypoint.sh', entrypoint('mysqld'), 0o755);
        tree.link('/entrypoint.sh', 'usr/local/bin/docker-entrypoint.sh');
      },
    }),
  },
  {
    repository: 'docker.io/library/mariadb',
    about: 'database: mariadbd, mariadb and mariadb-admin',
    tags: mariaBuilds.tags,
    content: (release) => ({
      ...{ system: mariaBuilds.system(release), sizeBytes: 115_000_000 },
      needs: { memoryBytes: 80 * MEBIBYTE, cores: 0.002 },
      ...{ entrypoint: ['docker-entrypoint.sh'], cmd: ['mariadbd'], env: { ...pathEnv, LANG: 'C.UTF-8' } },
      files: (tree) => {
        layOut(tree, mariaBuilds.system(release), [{ name: 'mysql', uid: 999, home: '/var/lib/mysql' }]);
        tree.program('/usr/sbin/mariadbd', 'mysqld').link('/usr/sbin/mysqld', 'mariadbd');
        tree.program('/usr/bin/mariadb', 'mysql').program('/usr/bin/mariadb-admin', 'mysqladmin');
        // From 11 on the images have no names of MySQL.
        if (release.version.startsWith('10.')) {
          tree.link('/usr/bin/mysql', 'mariadb').link('/usr/bin/mysqladmin', 'mariadb-admin');
        }
        tree.dir('/var/lib/mysql', 0o1777, 999).dir('/docker-entrypoint-initdb.d').dir('/etc/mysql/conf.d');
        tree.file('/usr/local/bin/docker-entrypoint.sh', entrypoint('mariadbd'), 0o755);
      },
    }),
  },
  {
    repository: 'docker.io/library/postgres',
    about: 'database: postgres, psql and pg_isready',
    tags: postgresBuilds.tags,
    content: (release) => {
      const system = postgresBuilds.system(release);
      const uid = system.family === 'alpine' ? 70 : 999;
      const major = release.version.split('.')[0] ?? '';
      const home = '/var/lib/postgresql';
      return {
        ...{ system, sizeBytes: 155_000_000, needs: { memoryBytes: 20 * MEBIBYTE, cores: 0.001 } },
        ...{ entrypoint: ['docker-entrypoint.sh'], cmd: ['postgres'] },
        env: { ...pathEnv, LANG: 'en_US.utf8', PG_MAJOR: major, PG_VERSION: release.version, PGDATA: `${home}/data` },
        files: (tree) => {
          layOut(tree, system, [{ name: 'postgres', uid, home, shell: '/bin/bash' }]);
          tree.programs('/usr/local/bin', ['postgres', 'psql', 'pg_isready']).program('/bin/bash', 'bash');
          tree.dir(home, 0o755, uid).dir(`${home}/data`, 0o1777, uid);
          tree.dir('/var/run/postgresql', 0o1777, uid).dir('/docker-entrypoint-initdb.d');
          tree.file('/usr/local/bin/docker-entrypoint.sh', entrypoint('postgres'), 0o755);
        },
      };
    },
  },
  {
    repository: 'docker.io/library/mongo',
    about: 'database: mongod, and mongosh or mongo for single expressions; no replication',
    tags: mongoBuilds.tags,
    content: (release) => {
      const system = mongoBuilds.system(release);
      const major = Number(release.version.split('.')[0]);
      return {
        system,
        sizeBytes: 270_000_000,
        needs: { memoryBytes: 130 * MEBIBYTE, cores: 0.005 },
        entrypoint: ['docker-entrypoint.sh'],
        cmd: ['mongod'],
        env: { ...pathEnv, MONGO_MAJOR: release.version.replace(/\.\d+$/, ''), MONGO_VERSION: release.version },
        files: (tree) => {
          layOut(tree, system, [{ name: 'mongodb', uid: 999, home: '/data/db' }]);
          tree.program('/usr/bin/mongod', 'mongod');
          if (major >= 5) tree.program('/usr/bin/mongosh', 'mongosh');
          if (major <= 5) tree.program('/usr/bin/mongo', 'mongo');
          tree.dir('/data/db', 0o1777, 999).dir('/data/configdb', 0o1777, 999).dir('/docker-entrypoint-initdb.d');
          tree.file('/usr/local/bin/docker-entrypoint.sh', entrypoint('mongod'), 0o755);
        },
      };
    },
  },
  {
    repository: 'docker.io/library/rabbitmq',
    about:
      'message broker: users, permissions, queues and the tools for them; it carries no messages and has no cluster',
    tags: rabbitmqBuilds.tags,
    content: (release) => {
      const system = rabbitmqBuilds.system(release);
      return {
        system,
        sizeBytes: 110_000_000,
        needs: { memoryBytes: 120 * MEBIBYTE, cores: 0.005 },
        entrypoint: ['docker-entrypoint.sh'],
        cmd: ['rabbitmq-server'],
        env: { ...pathEnv, HOME: '/var/lib/rabbitmq', RABBITMQ_VERSION: release.version },
        files: (tree) => {
          layOut(tree, system, [{ name: 'rabbitmq', uid: 999, home: '/var/lib/rabbitmq' }]);
          for (const name of ['rabbitmq-server', 'rabbitmqctl', 'rabbitmq-diagnostics'])
            tree.program(`/opt/rabbitmq/sbin/${name}`, name).program(`/usr/local/bin/${name}`, name);
          tree.dir('/var/lib/rabbitmq', 0o1777, 999).dir('/etc/rabbitmq');
          tree.file('/usr/local/bin/docker-entrypoint.sh', entrypoint('rabbitmq-server'), 0o755);
        },
      };
    },
  },
];
