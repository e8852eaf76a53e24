/** Reads the statements of MySQL and PostgreSQL. */
import type { Account, AccountOptions, SelectItem, Statement, Target } from './ast.ts';
import { DefinitionParser } from './definition-parser.ts';
import { type Dialect, unsupported } from './errors.ts';

const privilegeWords =
  `all select insert update delete create drop alter index references usage connect temporary temp execute trigger
  truncate reload process super file lock show event create_user create_view set system maintain shutdown grant`.split(
    /\s+/,
  );

/** Attributes of PostgreSQL's roles. */
const attributes = ['superuser', 'createdb', 'createrole', 'login', 'inherit', 'replication', 'bypassrls'];

class Parser extends DefinitionParser {
  /** Everything up to the end of the input. */
  statements(): Statement[] {
    const all: Statement[] = [];
    while (this.peek().t !== 'end') {
      if (this.skip(';')) continue;
      all.push(this.#statement());
      if (!this.skip(';') && this.peek().t !== 'end') this.fail();
    }
    return all;
  }

  #statement(): Statement {
    const word = this.peek().text.toLowerCase();
    if (word === 'select' || word === 'with') return this.query();
    if (this.skip('insert')) return this.#insert();
    if (this.skip('update')) return this.#update();
    if (this.skip('delete')) {
      this.expect('from');
      const from = this.tableName();
      const where = this.skip('where') ? this.expression() : undefined;
      return { t: 'delete', from, where, returning: this.#returning() };
    }
    if (this.skip('truncate')) {
      this.skip('table');
      return { t: 'truncate', tables: this.list(() => this.tableName()) };
    }
    if (this.skip('create')) return this.#create();
    if (this.skip('drop')) return this.#drop();
    if (this.skip('alter')) return this.#alter();
    if (this.skip('grant')) return this.#grant('grant');
    if (this.skip('revoke')) return this.#grant('revoke');
    if (this.skip('set')) return this.#set();
    if (this.skip('show')) return this.#show();
    if (
      this.mysql &&
      (this.skip('describe') ||
        this.skip('desc') ||
        (this.ahead('explain') && this.peek(2).t === 'end' && this.skip('explain')))
    )
      return { t: 'describe', table: this.tableName() };
    if (this.mysql && this.skip('use')) return { t: 'use', name: this.name() };
    if (this.mysql && this.skip('flush', 'privileges')) return { t: 'flush' };
    if (!this.mysql && this.skip('reset')) {
      const name = this.name();
      return { t: 'set', local: false, assignments: [{ scope: 'session', name, value: { t: 'default' } }] };
    }
    return this.#transaction() ?? this.fail();
  }

  #returning(): SelectItem[] | undefined {
    return (!this.mysql || this.dialect.maria) && this.skip('returning') ? this.selectItems() : undefined;
  }

  #insert(): Statement {
    const ignore = this.mysql && this.skip('ignore');
    if (!this.skip('into') && !this.mysql) this.fail();
    const into = this.tableName();
    const columns =
      this.ahead('(') && this.peek(1).text.toLowerCase() !== 'select'
        ? this.inParentheses(() => (this.ahead(')') ? [] : this.list(() => this.name())))
        : undefined;
    const insert = {
      t: 'insert',
      into,
      columns,
      rows: undefined,
      query: undefined,
      ignore,
      returning: undefined,
    } as const;
    if (this.ahead('select') || this.ahead('with')) return this.#afterRows({ ...insert, query: this.query() });
    if (this.skip('default', 'values')) return this.#afterRows({ ...insert, columns: [], rows: [[]] });
    if (!this.skip('values') && !(this.mysql && this.skip('value'))) this.fail();
    const rows = this.list(() => this.inParentheses(() => (this.ahead(')') ? [] : this.list(() => this.expression()))));
    return this.#afterRows({ ...insert, rows });
  }

  #afterRows(insert: Extract<Statement, { t: 'insert' }>): Statement {
    let { ignore } = insert;
    if (this.skip('on')) {
      if (this.mysql || !this.skip('conflict')) throw unsupported(this.dialect, 'ON DUPLICATE KEY UPDATE');
      if (this.ahead('(')) this.inParentheses(() => this.list(() => this.name()));
      if (!this.skip('do', 'nothing')) throw unsupported(this.dialect, 'ON CONFLICT DO UPDATE');
      ignore = true;
    }
    return { ...insert, ignore, returning: this.#returning() };
  }

  #update(): Statement {
    const table = this.tableName();
    this.expect('set');
    const set = this.list((): [string, ReturnType<typeof this.expression>] => {
      const name = this.name();
      this.expect('=');
      return [name, this.expression()];
    });
    const where = this.skip('where') ? this.expression() : undefined;
    return { t: 'update', table, set, where, returning: this.#returning() };
  }

  #create(): Statement {
    if (this.skip('database') || (this.mysql && this.skip('schema'))) return this.createDatabase();
    if (this.skip('table')) return this.createTable();
    if (this.skip('unique', 'index')) return this.createIndex(true);
    if (this.skip('index')) return this.createIndex(false);
    const role = this.ahead('role');
    if (this.skip('user') || this.skip('role')) return this.#user('create-user', role);
    if (this.ahead('schema')) throw unsupported(this.dialect, 'CREATE SCHEMA');
    return this.fail();
  }

  #drop(): Statement {
    if (this.skip('table')) return this.dropTable();
    if (this.skip('database') || (this.mysql && this.skip('schema'))) {
      const lenient = this.lenient('drop');
      return { t: 'drop-database', name: this.name(), lenient };
    }
    const role = this.ahead('role');
    if (this.skip('user') || this.skip('role')) {
      const lenient = this.lenient('drop');
      return { t: 'drop-user', accounts: this.list(() => this.#account()), lenient, role };
    }
    if (this.ahead('index') || this.ahead('schema'))
      throw unsupported(this.dialect, `DROP ${this.peek().text.toUpperCase()}`);
    return this.fail();
  }

  #alter(): Statement {
    if (this.skip('table')) return this.alterTable();
    const role = this.ahead('role');
    if (this.skip('user') || this.skip('role')) return this.#user('alter-user', role);
    if (this.ahead('database') || this.ahead('schema') || this.ahead('system'))
      throw unsupported(this.dialect, `ALTER ${this.peek().text.toUpperCase()}`);
    return this.fail();
  }

  /** `'user'@'host'`, or a role. */
  #account(): Account {
    const token = this.peek();
    const name = token.t === 'string' && this.mysql ? this.string() : this.name();
    if (!this.mysql) return { name, host: '%' };
    if (this.skip('@')) return { name, host: this.peek().t === 'string' ? this.string() : this.name() };
    const next = this.peek();
    // `user@localhost` without quotes.
    if (next.t === 'word' && next.text.startsWith('@')) {
      this.at++;
      return { name, host: next.text.slice(1) };
    }
    return { name, host: '%' };
  }

  #user(t: 'create-user' | 'alter-user', role: boolean): Statement {
    const lenient = t === 'create-user' ? this.lenient('create') : this.lenient('drop');
    const options: AccountOptions = { flags: {} };
    const accounts = this.mysql
      ? this.list(() => {
          const account = this.#account();
          if (this.skip('identified')) {
            if (this.skip('with')) this.word();
            if (this.skip('by')) options.password = this.string();
          }
          return account;
        })
      : [this.#account()];
    if (!this.mysql) this.#attributes(options);
    return { t, accounts, options, lenient, role };
  }

  #attributes(options: AccountOptions): void {
    this.skip('with');
    for (;;) {
      this.skip('encrypted');
      if (this.skip('password')) {
        if (this.skip('null')) options.password = '';
        else options.password = this.string();
        continue;
      }
      const word = this.peek().text.toLowerCase();
      const attribute = attributes.find((name) => word === name || word === `no${name}`);
      if (this.ahead('valid') || this.ahead('connection') || this.ahead('in'))
        throw unsupported(this.dialect, `${word.toUpperCase()} of a role`);
      if (attribute === undefined) return;
      this.at++;
      options.flags[attribute] = word === attribute;
    }
  }

  #grant(t: 'grant' | 'revoke'): Statement {
    let option = t === 'revoke' && this.skip('grant', 'option', 'for');
    const privileges: string[] = this.list(() => {
      const words: string[] = [];
      while (this.peek().t === 'word' && !this.ahead('on') && !this.ahead('to') && !this.ahead('from'))
        words.push(this.word());
      if (this.peek().t === 'quoted' && words.length === 0) words.push(this.name());
      if (words.length === 0) this.fail();
      if (this.ahead('(')) throw unsupported(this.dialect, 'privileges on columns');
      return words
        .join(' ')
        .replace(/^all privileges$/, 'all')
        .toUpperCase();
    });
    if (this.mysql && !this.ahead('on')) throw unsupported(this.dialect, 'roles');
    const on: Target = this.skip('on')
      ? this.#target()
      : { t: 'role', roles: privileges.map((name) => name.toLowerCase()) };
    if (on.t !== 'role' && privileges.some((name) => !privilegeWords.includes(name.split(' ')[0]?.toLowerCase() ?? '')))
      this.fail();
    this.expect(t === 'grant' ? 'to' : 'from');
    const accounts = this.list(() => this.#account());
    if (t === 'grant' && this.skip('with')) {
      if (!this.skip('admin', 'option')) this.expect('grant', 'option');
      option = true;
    }
    if (!this.mysql && !this.skip('cascade')) this.skip('restrict');
    return { t, privileges, on, accounts, option };
  }

  #target(): Target {
    if (this.mysql) {
      this.skip('table');
      if (this.skip('*')) {
        if (!this.skip('.')) return { t: 'database', name: undefined };
        this.expect('*');
        return { t: 'global' };
      }
      if (this.peek(1).text === '.' && this.peek(2).text === '*') {
        const name = this.name();
        this.at += 2;
        return { t: 'database', name };
      }
      return { t: 'table', tables: [this.tableName()] };
    }
    if (this.skip('database')) return { t: 'database', name: this.name() };
    if (this.skip('schema')) return { t: 'schema', name: this.name() };
    if (this.skip('all', 'tables', 'in', 'schema')) return { t: 'all-tables', schema: this.name() };
    if (this.ahead('all', 'sequences') || this.ahead('sequence') || this.ahead('all', 'functions'))
      throw unsupported(this.dialect, 'privileges on this kind of object');
    this.skip('table');
    return { t: 'table', tables: this.list(() => this.tableName()) };
  }

  #set(): Statement {
    const local = !this.mysql && this.skip('local');
    if (
      this.skip('transaction') ||
      this.skip('session', 'transaction') ||
      (!this.mysql && this.skip('session', 'characteristics'))
    )
      throw unsupported(this.dialect, 'SET TRANSACTION');
    if (this.mysql && (this.ahead('password') || this.ahead('role') || this.ahead('default', 'role')))
      throw unsupported(this.dialect, `SET ${this.peek().text.toUpperCase()}`);
    if (this.mysql && this.skip('names')) {
      const value = this.peek().text;
      this.at++;
      return { t: 'set', local, assignments: [{ scope: 'session', name: 'names', value: { t: 'value', value } }] };
    }
    const assignments = this.list(() => {
      let scope: 'user' | 'global' | 'session' = this.skip('global') ? 'global' : 'session';
      if (scope === 'session' && !this.skip('session')) this.skip('local');
      let name: string;
      if (this.peek().text.startsWith('@')) {
        const [, at, of, word = ''] = /^(@@?)(?:(global|session|local)\.)?(.*)$/i.exec(this.peek().text) ?? [];
        this.at++;
        scope = at === '@' ? 'user' : of?.toLowerCase() === 'global' ? 'global' : scope;
        name = word.toLowerCase();
      } else if (!this.mysql && this.skip('time', 'zone')) {
        return { scope, name: 'timezone', value: this.#setting() };
      } else name = this.name();
      if (!this.skip('=') && !(this.mysql && this.skip(':', '=')) && !(!this.mysql && this.skip('to'))) this.fail();
      return { scope, name, value: this.#setting() };
    });
    return { t: 'set', local, assignments };
  }

  /** A value of SET, where words stand for themselves. */
  #setting() {
    if (this.skip('default')) return { t: 'default' } as const;
    const { t, text } = this.peek();
    const alone =
      ['end', 'op'].includes(this.peek(1).t) && (this.peek(1).t === 'end' || [';', ','].includes(this.peek(1).text));
    if ((t === 'word' || t === 'quoted') && alone && !text.startsWith('@')) {
      this.at++;
      return { t: 'value', value: text } as const;
    }
    return this.expression();
  }

  #show(): Statement {
    if (!this.mysql) {
      if (this.skip('all')) return { t: 'show-variables', like: undefined, global: false };
      if (this.skip('transaction', 'isolation', 'level')) return { t: 'show-variable', name: 'transaction_isolation' };
      return { t: 'show-variable', name: this.skip('time', 'zone') ? 'timezone' : this.name() };
    }
    const like = () => (this.skip('like') ? this.string() : undefined);
    if (this.skip('databases') || this.skip('schemas')) return { t: 'show', what: 'databases' };
    if (this.skip('warnings')) return { t: 'show', what: 'warnings' };
    if (this.skip('full', 'processlist') || this.skip('processlist')) return { t: 'show', what: 'processlist' };
    if (this.skip('grants')) return { t: 'show-grants', account: this.skip('for') ? this.#account() : undefined };
    if (this.skip('create', 'table')) return { t: 'show-create', table: this.tableName() };
    if (this.skip('tables')) {
      const database = this.skip('from') || this.skip('in') ? this.name() : undefined;
      return { t: 'show-tables', database, like: like() };
    }
    if (this.skip('columns') || this.skip('fields')) {
      if (!this.skip('from')) this.expect('in');
      return { t: 'describe', table: this.tableName() };
    }
    const global = this.skip('global');
    if (!global) this.skip('session');
    if (this.skip('variables')) return { t: 'show-variables', like: like(), global };
    if (this.isName || this.ahead('create') || this.ahead('index'))
      throw unsupported(this.dialect, `SHOW ${this.peek().text.toUpperCase()}`);
    return this.fail();
  }

  #transaction(): Statement | undefined {
    if (this.skip('start', 'transaction') || this.skip('begin')) {
      if (!this.skip('work')) this.skip('transaction');
      let isolation: string | undefined;
      let readOnly = false;
      for (;;) {
        this.skip(',');
        if (!this.mysql && this.skip('isolation', 'level')) isolation = this.#isolation();
        else if (this.skip('read', 'only')) readOnly = true;
        else if (!this.skip('read', 'write')) return { t: 'begin', isolation, readOnly };
      }
    }
    const end = (t: 'commit' | 'rollback'): Statement => {
      if (!this.skip('work')) this.skip('transaction');
      return { t };
    };
    if (this.skip('commit') || (!this.mysql && this.skip('end'))) return end('commit');
    if (this.skip('rollback', 'to')) {
      this.skip('savepoint');
      return { t: 'rollback-to', name: this.name() };
    }
    if (this.skip('rollback') || (!this.mysql && this.skip('abort'))) return end('rollback');
    if (this.skip('savepoint')) return { t: 'savepoint', name: this.name() };
    if (this.skip('release')) {
      this.skip('savepoint');
      return { t: 'release', name: this.name() };
    }
    return undefined;
  }

  #isolation(): string {
    const words = [this.word()];
    if (words[0] !== 'serializable') words.push(this.word());
    return words.join(' ');
  }
}

/** Reads statements that follow each other. Throws SqlError. */
export function parseSql(source: string, dialect: Dialect): Statement[] {
  return new Parser(source, dialect).statements();
}
