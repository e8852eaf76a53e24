/** What the command-line tools ask a node: rabbitmqctl and rabbitmq-diagnostics. */
import { ownValue } from '../../../../kernel/own.ts';
import { type Broker, nodeName } from './broker.ts';

export interface ToolRequest {
  cookie: string | undefined;
  command: string;
  args: string[];
}

/** `banner` is left out with -q; `code` is of sysexits.h. */
export interface ToolAnswer {
  banner?: string;
  out?: string;
  error?: string;
  code: number;
}

/** Exit codes as the tools have them. */
export const EXIT = { usage: 64, data: 65, noUser: 67, unavailable: 69, software: 70 } as const;

type Command = (broker: Broker, args: string[]) => ToolAnswer;

const table = (rows: readonly (readonly unknown[])[]): string => rows.map((row) => `${row.join('\t')}\n`).join('');
const failed = (error: string, code: number): ToolAnswer => ({ error, code });
const noUser = (name: string): ToolAnswer => failed(`User "${name}" does not exist`, EXIT.noUser);

/** How many arguments each command takes: at least, and at most. */
const arity: Readonly<Record<string, readonly [number, number]>> = {
  ...{ add_user: [2, 2], delete_user: [1, 1], change_password: [2, 2], authenticate_user: [2, 2] },
  ...{ set_user_tags: [1, 99], set_permissions: [4, 4], clear_permissions: [1, 1], check_port_listener: [1, 1] },
  ...{ list_queues: [0, 99], delete_queue: [1, 1] },
};

const commands: Readonly<Record<string, Command>> = {
  status: (broker) => {
    const seconds = Math.floor((broker.p.container.clock.now() - broker.startedAt) / 1000);
    return {
      banner: `Status of node ${nodeName(broker.p)} ...`,
      out: `Runtime\n\nOS PID: ${broker.p.pid}\nOS: Linux\nUptime (seconds): ${seconds}\nIs under maintenance?: false\nRabbitMQ version: ${broker.version}\n\nListeners\n\n${listenersText(broker)}`,
      code: 0,
    };
  },
  await_startup: () => ({ code: 0 }),
  ping: (broker) => ({
    banner: `Will ping ${nodeName(broker.p)}. This only checks if the OS process is running and registered with epmd. Timeout: 60000 ms.`,
    out: 'Ping succeeded\n',
    code: 0,
  }),
  check_running: (broker) => ({
    banner: `Checking if RabbitMQ is running on node ${nodeName(broker.p)} ...`,
    out: `RabbitMQ on node ${nodeName(broker.p)} is fully booted and running\n`,
    code: 0,
  }),
  check_local_alarms: (broker) => ({
    banner: `Asking node ${nodeName(broker.p)} to report any local resource alarms ...`,
    out: `Node ${nodeName(broker.p)} reported no local alarms\n`,
    code: 0,
  }),
  check_port_connectivity: (broker) => {
    const ports = broker.listeners.map(({ port }) => port).join(', ');
    return {
      banner: `Testing TCP connections to all active listeners on node ${nodeName(broker.p)} ...`,
      out: `Successfully connected to ports ${ports} on node ${nodeName(broker.p)} (using node hostname resolution).\n`,
      code: 0,
    };
  },
  check_port_listener: (broker, [port = '']) => {
    const node = nodeName(broker.p);
    const banner = `Asking node ${node} if there's an active listener on port ${port} ...`;
    if (broker.listeners.some((listener) => String(listener.port) === port))
      return { banner, out: `A listener for port ${port} is running on node ${node}.\n`, code: 0 };
    return { banner, error: `No listener for port ${port} is active on node ${node}`, code: EXIT.unavailable };
  },
  listeners: (broker) => ({
    banner: `Asking node ${nodeName(broker.p)} to report its protocol listeners ...`,
    out: listenersText(broker),
    code: 0,
  }),
  list_users: (broker) => ({
    banner: 'Listing users ...',
    out: table([['user', 'tags'], ...broker.users.map(({ name, tags }) => [name, `[${tags.join(', ')}]`])]),
    code: 0,
  }),
  list_vhosts: () => ({ banner: 'Listing vhosts ...', out: 'name\n/\n', code: 0 }),
  list_permissions: (broker) => ({
    banner: 'Listing permissions for vhost "/" ...',
    out: table([
      ['user', 'configure', 'write', 'read'],
      ...broker.users.flatMap(({ name, permissions }) => (permissions ? [[name, ...permissions]] : [])),
    ]),
    code: 0,
  }),
  list_queues: (broker, columns) => {
    const wanted = columns.length > 0 ? columns : ['name', 'messages'];
    const values: Record<string, (queue: Broker['queues'][number]) => unknown> = {
      name: ({ name }) => name,
      messages: ({ messages }) => messages,
      messages_ready: ({ messages }) => messages,
      durable: ({ durable }) => durable,
      consumers: () => 0,
    };
    const unknown = wanted.find((column) => !ownValue(values, column));
    if (unknown !== undefined) return failed(`"[${unknown}] is not a valid info key"`, EXIT.usage);
    return {
      banner: 'Timeout: 60.0 seconds ...\nListing queues for vhost / ...',
      out: table([wanted, ...broker.queues.map((queue) => wanted.map((column) => ownValue(values, column)?.(queue)))]),
      code: 0,
    };
  },
  delete_queue: (broker, [name = '']) => {
    const queue = broker.queues.find((known) => known.name === name);
    if (!queue) return failed(`Queue not found`, EXIT.software);
    broker.removeQueue(name);
    broker.save();
    return {
      banner: `Deleting queue '${name}' on vhost '/' ...`,
      out: `Queue was successfully deleted with ${queue.messages} ready messages\n`,
      code: 0,
    };
  },
  add_user: (broker, [name = '', password = '']) => {
    if (broker.user(name)) return failed(`User "${name}" already exists`, EXIT.software);
    broker.addUser(name, password);
    broker.save();
    return {
      banner: `Adding user "${name}" ...`,
      out: "Done. Don't forget to grant the user permissions to some virtual hosts! See 'rabbitmqctl help set_permissions' to learn more.\n",
      code: 0,
    };
  },
  delete_user: (broker, [name = '']) => {
    if (!broker.user(name)) return noUser(name);
    broker.removeUser(name);
    broker.save();
    return { banner: `Deleting user "${name}" ...`, code: 0 };
  },
  change_password: (broker, [name = '', password = '']) => {
    const user = broker.user(name);
    if (!user) return noUser(name);
    broker.setPassword(user, password);
    broker.save();
    return { banner: `Changing password for user "${name}" ...`, code: 0 };
  },
  authenticate_user: (broker, [name = '', password = '']) => {
    const banner = `Authenticating user "${name}" ...`;
    if (broker.authenticates(name, password)) return { banner, out: 'Success\n', code: 0 };
    return {
      banner,
      error: `failed to authenticate user "${name}"\nuser '${name}' - invalid credentials`,
      code: EXIT.data,
    };
  },
  set_user_tags: (broker, [name = '', ...tags]) => {
    const user = broker.user(name);
    if (!user) return noUser(name);
    user.tags = tags;
    broker.save();
    return { banner: `Setting tags for user "${name}" to [${tags.join(', ')}] ...`, code: 0 };
  },
  set_permissions: (broker, [name = '', configure = '', write = '', read = '']) => {
    const user = broker.user(name);
    if (!user) return noUser(name);
    user.permissions = [configure, write, read];
    broker.save();
    return { banner: `Setting permissions for user "${name}" in vhost "/" ...`, code: 0 };
  },
  clear_permissions: (broker, [name = '']) => {
    const user = broker.user(name);
    if (!user) return noUser(name);
    user.permissions = undefined;
    broker.save();
    return { banner: `Clearing permissions for user "${name}" in vhost "/" ...`, code: 0 };
  },
};

/** Whether the tools know a command, before any node is asked. */
export function isToolCommand(name: string): boolean {
  return ownValue(commands, name) !== undefined;
}

/** What is wrong with the number of arguments; undefined: nothing. */
export function argumentFault(name: string, args: readonly string[]): string | undefined {
  const [least, most] = ownValue(arity, name) ?? [0, 0];
  if (args.length < least) return 'not enough arguments.';
  return args.length > most ? 'too many arguments.' : undefined;
}

export function answerTool(broker: Broker, { command, args }: ToolRequest): ToolAnswer {
  const run = ownValue(commands, command);
  return run ? run(broker, args) : failed(`Command '${command}' not found.`, EXIT.usage);
}

function listenersText(broker: Broker): string {
  return broker.listeners
    .map(({ port, protocol, about }) => `Interface: [::], port: ${port}, protocol: ${protocol}, purpose: ${about}\n`)
    .join('');
}
