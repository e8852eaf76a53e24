/** etcdctl's commands: their flags and help, as recorded from v3.6.6. */
import { ownValue } from '../../../../kernel/own.ts';
import { columns, type Flag, flag, flagUsages } from './flags.ts';

export const globalFlags: readonly Flag[] = [
  flag('cacert', 'text', '""', 'verify certificates of TLS-enabled secure servers using this CA bundle'),
  flag('cert', 'text', '""', 'identify secure client using this TLS certificate file'),
  flag('command-timeout', 'duration', '5s', 'timeout for short running command (excluding dial timeout)'),
  flag('debug', 'bool', 'false', 'enable client-side debug logging'),
  flag('dial-timeout', 'duration', '2s', 'dial timeout for client connections'),
  flag('discovery-srv', 'text', '""', 'domain name to query for SRV records describing cluster endpoints', 'd'),
  flag('discovery-srv-name', 'text', '""', 'service name to query when using DNS discovery'),
  flag('endpoints', 'text', '[127.0.0.1:2379]', 'gRPC endpoints'),
  flag('hex', 'bool', 'false', 'print byte strings as hex encoded strings'),
  flag('insecure-discovery', 'bool', 'true', 'accept insecure SRV records describing cluster endpoints'),
  flag(
    'insecure-skip-tls-verify',
    'bool',
    'false',
    'skip server certificate verification (CAUTION: this option should be enabled only for testing purposes)',
  ),
  flag('insecure-transport', 'bool', 'true', 'disable transport security for client connections'),
  flag('keepalive-time', 'duration', '2s', 'keepalive time for client connections'),
  flag('keepalive-timeout', 'duration', '6s', 'keepalive timeout for client connections'),
  flag('key', 'text', '""', 'identify secure client using this TLS key file'),
  flag(
    'max-recv-bytes',
    'number',
    '0',
    'client-side response receive limit in bytes (if 0, it defaults to "math.MaxInt32")',
  ),
  flag(
    'max-request-bytes',
    'number',
    '0',
    'client-side request send limit in bytes (if 0, it defaults to 2.0 MiB (2 * 1024 * 1024).)',
  ),
  flag(
    'password',
    'text',
    '""',
    "password for authentication (if this option is used, --user option shouldn't include password)",
  ),
  flag('user', 'text', '""', 'username[:password] for authentication (prompt if password is not supplied)'),
  flag('write-out', 'text', '"simple"', 'set the output format (fields, json, protobuf, simple, table)', 'w'),
];

const prefix = (help: string) => flag('prefix', 'bool', 'false', help);
const fromKey = (help: string) => flag('from-key', 'bool', 'false', help);
const clusterFlag = flag('cluster', 'bool', 'false', 'use all endpoints from the cluster member list');
const consistency = flag('consistency', 'text', '"l"', 'Linearizable(l) or Serializable(s)');
const leaseFlag = flag('lease', 'text', '"0"', 'lease ID (in hexadecimal) to attach to the key');
const previous = flag('prev-kv', 'bool', 'false', 'return the previous key-value pair before modification');

export interface CommandHelp {
  /** What it is for, in a line. */
  about: string;
  /** Its line of usage after `etcdctl `. */
  usage?: string;
  description?: string;
  flags?: readonly Flag[];
}

const putDescription = `Puts the given key into the store.

When <value> begins with '-', <value> is interpreted as a flag.
Insert '--' for workaround:

$ put <key> -- <value>
$ put -- <key> <value>

If <value> isn't given as a command line argument and '--ignore-value' is not specified,
this command tries to read the value from standard input.

If <lease> isn't given as a command line argument and '--ignore-lease' is not specified,
this command tries to read the value from standard input.

For example,
$ cat file | put <key>
will store the content of the file to <key>.`;

/** What is served here, by its words. */
export const commandHelp: Readonly<Record<string, CommandHelp>> = {
  'alarm list': { about: 'Lists all alarms' },
  'alarm disarm': { about: 'Disarms all alarms' },
  compaction: {
    about: 'Compacts the event history in etcd',
    usage: 'compaction [options] <revision>',
    flags: [flag('physical', 'bool', 'false', "'true' to wait for compaction to physically remove all old revisions")],
  },
  defrag: { about: 'Defragments the storage of the etcd members with given endpoints', flags: [clusterFlag] },
  del: {
    about: 'Removes the specified key or range of keys [key, range_end)',
    usage: 'del [options] <key> [range_end]',
    flags: [
      prefix('delete keys with matching prefix'),
      flag('prev-kv', 'bool', 'false', 'return deleted key-value pairs'),
      fromKey('delete keys that are greater than or equal to the given key using byte compare'),
      flag('range', 'bool', 'false', 'delete range of keys'),
    ],
  },
  'endpoint hashkv': {
    about: 'Prints the KV history hash for each endpoint in --endpoints',
    flags: [flag('rev', 'number', '0', 'maximum revision to hash (default: latest revision)')],
  },
  'endpoint health': { about: 'Checks the healthiness of endpoints specified in `--endpoints` flag' },
  'endpoint status': {
    about: 'Prints out the status of endpoints specified in `--endpoints` flag',
    description: `When --write-out is set to simple, this command prints out comma-separated status lists for each endpoint.
The items in the lists are endpoint, ID, version, db size, is leader, is learner, raft term, raft index, raft applied index, errors.`,
  },
  get: {
    about: 'Gets the key or a range of keys',
    usage: 'get [options] <key> [range_end]',
    flags: [
      consistency,
      flag('count-only', 'bool', 'false', 'Get only the count'),
      fromKey('Get keys that are greater than or equal to the given key using byte compare'),
      flag('keys-only', 'bool', 'false', 'Get only the keys'),
      flag('limit', 'number', '0', 'Maximum number of results'),
      flag('max-create-rev', 'number', '0', 'Maximum create revision'),
      flag('max-mod-rev', 'number', '0', 'Maximum modification revision'),
      flag('min-create-rev', 'number', '0', 'Minimum create revision'),
      flag('min-mod-rev', 'number', '0', 'Minimum modification revision'),
      flag('order', 'text', '""', 'Order of results; ASCEND or DESCEND (ASCEND by default)'),
      prefix('Get keys with matching prefix'),
      flag('print-value-only', 'bool', 'false', 'Only write values when using the "simple" output format'),
      flag('rev', 'number', '0', 'Specify the kv revision'),
      flag('sort-by', 'text', '""', 'Sort target; CREATE, KEY, MODIFY, VALUE, or VERSION'),
    ],
  },
  'member list': {
    about: 'Lists all members in the cluster',
    description: `When --write-out is set to simple, this command prints out comma-separated member lists for each endpoint.
The items in the lists are ID, Status, Name, Peer Addrs, Client Addrs, Is Learner.`,
    flags: [consistency],
  },
  put: {
    about: 'Puts the given key into the store',
    usage: 'put [options] <key> <value> (<value> can also be given from stdin)',
    description: putDescription,
    flags: [
      flag('ignore-lease', 'bool', 'false', 'updates the key using its current lease'),
      flag('ignore-value', 'bool', 'false', 'updates the key using its current value'),
      leaseFlag,
      previous,
    ],
  },
  'snapshot save': { about: 'Stores an etcd node backend snapshot to a given file', usage: 'snapshot save <filename>' },
  version: { about: 'Prints the version of etcdctl' },
  watch: {
    about: 'Watches events stream on keys or prefixes',
    usage: 'watch [options] [key or prefix] [range_end] [--] [exec-command arg1 arg2 ...]',
    flags: [
      flag('interactive', 'bool', 'false', 'Interactive mode', 'i'),
      prefix('Watch on a prefix if prefix is set'),
      flag('prev-kv', 'bool', 'false', 'get the previous key-value pair before the event happens'),
      flag('progress-notify', 'bool', 'false', 'get periodic watch progress notification from server'),
      flag('rev', 'number', '0', 'Revision to start watching'),
    ],
  },
};

/** What v3.6.6 has beside that; nothing here answers it. */
const others: Readonly<Record<string, string>> = {
  'auth disable': 'Disables authentication',
  'auth enable': 'Enables authentication',
  'auth status': 'Returns authentication status',
  'check datascale': 'Check the memory usage of holding data for different workloads on a given server endpoint.',
  'check perf': 'Check the performance of the etcd cluster',
  completion: 'Generate completion script',
  'downgrade cancel': 'Cancel the ongoing downgrade action to cluster',
  'downgrade enable': 'Start a downgrade action to cluster',
  'downgrade validate': 'Validate downgrade capability before starting downgrade',
  elect: 'Observes and participates in leader election',
  help: 'Help about any command',
  'lease grant': 'Creates leases',
  'lease keep-alive': 'Keeps leases alive (renew)',
  'lease list': 'List all active leases',
  'lease revoke': 'Revokes leases',
  'lease timetolive': 'Get lease information',
  lock: 'Acquires a named lock',
  'make-mirror': 'Makes a mirror at the destination etcd cluster',
  'member add': 'Adds a member into the cluster',
  'member promote': 'Promotes a non-voting member in the cluster',
  'member remove': 'Removes a member from the cluster',
  'member update': 'Updates a member in the cluster',
  'move-leader': 'Transfers leadership to another etcd cluster member.',
  'role add': 'Adds a new role',
  'role delete': 'Deletes a role',
  'role get': 'Gets detailed information of a role',
  'role grant-permission': 'Grants a key to a role',
  'role list': 'Lists all roles',
  'role revoke-permission': 'Revokes a key from a role',
  txn: 'Txn processes all the requests in one transaction',
  'user add': 'Adds a new user',
  'user delete': 'Deletes a user',
  'user get': 'Gets detailed information of a user',
  'user grant-role': 'Grants a role to a user',
  'user list': 'Lists all users',
  'user passwd': 'Changes password of user',
  'user revoke-role': 'Revokes a role from a user',
};

const groups: Readonly<Record<string, string>> = {
  alarm: 'Alarm related commands',
  auth: 'Enable or disable authentication',
  check: 'commands for checking properties of the etcd cluster',
  downgrade: 'Downgrade related commands',
  endpoint: 'Endpoint related commands',
  lease: 'Lease related commands',
  member: 'Membership related commands',
  role: 'Role related commands',
  snapshot: 'Manages etcd node snapshots',
  user: 'User related commands',
};

export const isGroup = (word: string): boolean => Object.hasOwn(groups, word);
export const isElsewhere = (command: string): boolean => Object.hasOwn(others, command);

const version = '3.6.6';
const snapshotExamples = `Examples:
  # Save snapshot to a given file
  etcdctl snapshot save /backup/etcd-snapshot.db
  
  # Get snapshot from given address and save it to file
  etcdctl snapshot save --endpoints=127.0.0.1:3000 /backup/etcd-snapshot.db
  
  # Get snapshot from given address with certificates
  etcdctl --endpoints=https://127.0.0.1:2379 --cacert=/etc/etcd/ca.crt --cert=/etc/etcd/etcd.crt --key=/etc/etcd/etcd.key snapshot save /backup/etcd-snapshot.db
  
  # Get snapshot wih certain user and password
  etcdctl --user=root --password=password123 snapshot save /backup/etcd-snapshot.db
  
  # Get snapshot from given address with timeout
  etcdctl --endpoints=https://127.0.0.1:2379 --dial-timeout=20s snapshot save /backup/etcd-snapshot.db
  
  # Save snapshot with desirable time format
  etcdctl snapshot save /mnt/backup/etcd/backup_$(date +%Y%m%d_%H%M%S).db

`;

const helpFlag = (command: string) => flag('help', 'bool', 'false', `help for ${command}`, 'h');
const all: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.entries(commandHelp).map(([name, { about }]) => [name, about])),
  ...others,
};

function commandList(names: readonly string[], shown: (name: string) => string): string {
  const sorted = [...names].sort();
  return columns(sorted.map((name) => [`  ${shown(name)}`, all[name] ?? '']));
}

/** Flags that all commands of a group have. */
const groupFlags: Readonly<Record<string, readonly Flag[]>> = { endpoint: [clusterFlag] };

const groupUsages: Readonly<Record<string, string>> = {
  auth: '<enable or disable>',
  downgrade: '<TARGET_VERSION>',
};

/** The flags that a command takes beside the global ones. */
export function flagsOf(command: string): readonly Flag[] {
  return [
    ...(ownValue(commandHelp, command)?.flags ?? []),
    ...(ownValue(groupFlags, command.split(' ')[0] ?? '') ?? []),
  ];
}

/** `etcdctl --help`. */
export function rootHelp(): string {
  const commands = commandList(Object.keys(all), (name) => name);
  return `NAME:\n  etcdctl - A simple command line client for etcd3.\n\nUSAGE:\n  etcdctl [flags]\n\nVERSION:\n  ${version}\n\nAPI VERSION:\n  3.6\n\nCOMMANDS:\n${commands}\nOPTIONS:\n${flagUsages([...globalFlags, helpFlag('etcdctl')])}\n`;
}

/** `etcdctl snapshot`: a word that only begins commands. */
export function groupHelp(group: string): string {
  const names = Object.keys(all).filter((name) => name.startsWith(`${group} `));
  const examples = group === 'snapshot' ? snapshotExamples : '';
  return `NAME:\n  ${group} - ${ownValue(groups, group)}\n\nUSAGE:\n  etcdctl ${group} ${ownValue(groupUsages, group) ?? '<subcommand>'} [flags]\n\nAPI VERSION:\n  3.6\n\n${examples}COMMANDS:\n${commandList(names, (name) => name.slice(group.length + 1))}\nOPTIONS:\n${flagUsages([helpFlag(group), ...(ownValue(groupFlags, group) ?? [])])}\nGLOBAL OPTIONS:\n${flagUsages(globalFlags)}\n`;
}

/** `etcdctl get --help`. */
export function helpOf(command: string): string {
  const { about, usage = command, description, flags = [] } = ownValue(commandHelp, command) ?? { about: '' };
  const text = description?.replace(/^/gm, '  ');
  const examples = command === 'snapshot save' ? snapshotExamples : '';
  const [group = '', ...rest] = command.split(' ');
  const own = [...flags, helpFlag(rest.at(-1) ?? group)];
  const shared = ownValue(groupFlags, group) ?? [];
  return `NAME:\n  ${command} - ${about}\n\nUSAGE:\n  etcdctl ${usage} [flags]\n\n${examples}${text === undefined ? '' : `DESCRIPTION:\n${text}\n\n`}OPTIONS:\n${flagUsages(own)}\nGLOBAL OPTIONS:\n${flagUsages([...globalFlags, ...shared])}\n`;
}
