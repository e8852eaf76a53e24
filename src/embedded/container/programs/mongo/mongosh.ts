/** MongoDB's shells: mongosh, and the mongo of releases before 6.0. */
import { ObjectId } from 'bson';
import type { Process } from '../../kernel/process.ts';
import { lines } from '../../lib/io.ts';
import { type Options, parseOptions } from '../../lib/options.ts';
import { program } from '../../lib/program.ts';
import { imageVersion } from '../../lib/versions.ts';
import { MongoClient, type Target } from './client.ts';
import { Shell, ShellQuit } from './shell.ts';
import { ShellError } from './shell-objects.ts';
import { ShellSyntaxError } from './shell-parser.ts';

const MONGOSH = '2.5.8';

const long = {
  ...{ eval: 'eval:', quiet: 'quiet', username: 'u:', password: 'p:', host: 'host:', port: 'port:' },
  ...{ authenticationDatabase: 'authenticationDatabase:', authenticationMechanism: 'authenticationMechanism:' },
  ...{ norc: 'norc', nodb: 'nodb', version: 'version', file: 'f:', shell: 'shell' },
};

/** Where to connect, of an operand (`host:port/db`, `mongodb://…`, `db`) and options. Throws ShellError. */
function targetOf(options: Options): Target {
  const [operand = ''] = options.operands;
  const isName = operand !== '' && !/[:/.]/.test(operand);
  let url: URL;
  try {
    url = new URL(
      isName
        ? `mongodb://127.0.0.1/${operand}`
        : operand.includes('://')
          ? operand
          : `mongodb://${operand || '127.0.0.1'}`,
    );
  } catch {
    throw new ShellError('MongoParseError', 'Invalid connection string');
  }
  if (url.protocol !== 'mongodb:')
    throw new ShellError(
      'MongoParseError',
      'Invalid scheme, expected connection string to start with "mongodb://" or "mongodb+srv://"',
    );
  const [host = '', port] = (options.get('host') ?? '').split(':');
  const user = options.get('u') ?? (url.username === '' ? undefined : decodeURIComponent(url.username));
  const db = decodeURIComponent(url.pathname.slice(1));
  return {
    ...{ host: host || url.hostname || '127.0.0.1', port: Number(options.get('port') ?? port ?? (url.port || 27_017)) },
    ...{ db: db || 'test', user, password: options.get('p') ?? decodeURIComponent(url.password) },
    authenticationDatabase:
      options.get('authenticationDatabase') ??
      url.searchParams.get('authSource') ??
      (options.get('u') === undefined ? db || 'admin' : isName || db === '' ? 'admin' : db),
    timeoutMs: Number(url.searchParams.get('serverSelectionTimeoutMS') ?? (operand.includes('://') ? 30_000 : 2000)),
  };
}

interface Style {
  legacy: boolean;
  /** What an error is printed as. */
  error(error: ShellError | ShellSyntaxError): string;
  greeting(target: Target): string;
}

function styleOf(p: Process, legacy: boolean): Style {
  const nameOf = (error: Error) => (error instanceof ShellSyntaxError ? 'SyntaxError' : error.name);
  const version = imageVersion(p);
  if (legacy)
    return {
      legacy,
      error: (error) =>
        error.name === 'MongoNetworkError'
          ? `Error: couldn't connect to server ${error.message.split(' ').at(-1)}, connection attempt failed: SocketException: ${error.message} :\nexception: connect failed\nexiting with code 1\n`
          : `uncaught exception: ${nameOf(error).replace(/^MongoServerError.*/, 'Error')}: ${error.message}\n`,
      greeting: ({ host, port, db }) =>
        `MongoDB shell version v${version}\nconnecting to: mongodb://${host}:${port}/${db}?compressors=disabled&gssapiServiceName=mongodb\nMongoDB server version: ${version}\n`,
    };
  return {
    legacy,
    error: (error) => `${nameOf(error)}: ${error.message}\n`,
    greeting: ({ host, port, db }) =>
      `Current Mongosh Log ID:\t${new ObjectId().toHexString()}\nConnecting to:\t\tmongodb://${host}:${port}/${db}?directConnection=true&serverSelectionTimeoutMS=2000&appName=mongosh+${MONGOSH}\nUsing MongoDB:\t\t${version}\nUsing Mongosh:\t\t${MONGOSH}\n\nFor mongosh info see: https://www.mongodb.com/docs/mongodb-shell/\n\n`,
  };
}

/** A script of the command line: what it prints is its last value. Throws what scripts throw. */
async function runOne(p: Process, shell: Shell, source: string): Promise<void> {
  const printed = await shell.evaluate(source);
  if (printed !== '') await p.print(1, `${printed}\n`);
}

/** Lines of a terminal or pipe, one after the other; an error ends none of them. */
async function runLines(p: Process, shell: Shell, style: Style): Promise<number> {
  const prompt = () => p.print(1, style.legacy ? '> ' : `${shell.database}> `);
  await prompt();
  for await (const { text } of lines(p, 0)) {
    try {
      await runOne(p, shell, text);
    } catch (error) {
      if (error instanceof ShellQuit) return error.code;
      if (!(error instanceof ShellError || error instanceof ShellSyntaxError)) throw error;
      await p.print(1, style.error(error));
    }
    await prompt();
  }
  await p.print(1, '\n');
  return 0;
}

async function run(p: Process, legacy: boolean): Promise<number> {
  const options = parseOptions(p, 'u:p:f:', long);
  const style = styleOf(p, legacy);
  if (options.has('version')) {
    await p.print(1, legacy ? `MongoDB shell version v${imageVersion(p)}\n` : `${MONGOSH}\n`);
    return 0;
  }
  const scripts = options.all('eval');
  const files = [options.get('f'), ...options.operands].filter((name) => name?.endsWith('.js'));
  options.operands.splice(0, options.operands.length, ...options.operands.filter((name) => !name.endsWith('.js')));
  // mongosh is quiet where it is not interactive; the old shell is not.
  const quiet = options.has('quiet') || (!legacy && scripts.length + files.length > 0);
  try {
    const target = targetOf(options);
    const client = await MongoClient.connect(p, target);
    if (!quiet) await p.print(1, style.greeting(target));
    const shell = new Shell(p, client.run, target.db, legacy);
    for (const file of files) await shell.evaluate(p.vfs.readText(p, file ?? ''));
    for (const script of scripts) await runOne(p, shell, script);
    const code = scripts.length + files.length > 0 ? 0 : await runLines(p, shell, style);
    client.end();
    return code;
  } catch (error) {
    if (error instanceof ShellQuit) return error.code;
    if (!(error instanceof ShellError || error instanceof ShellSyntaxError)) throw error;
    await p.print(legacy ? 1 : 2, style.error(error));
    return 1;
  }
}

export const mongosh = program('mongosh', (p) => run(p, false));
export const mongo = program('mongo', (p) => run(p, true));
