/** etcdctl's commands about keys: get, put, del, watch, compaction. */
import {
  type DeleteRangeResponse,
  type Header,
  methods,
  type PutResponse,
  type RangeResponse,
  type WatchResponse,
} from '../../../etcd/messages.ts';
import type { Process } from '../../kernel/process.ts';
import { openClient } from './client.ts';
import { badArgs, CommandError, exitCodes, type Flags } from './flags.ts';
import { fields, formatOf, headerFields, keyFields, keyLines, noTable } from './print.ts';
import { toJson } from './text.ts';

const encoder = new TextEncoder();
const none = new Uint8Array();
/** The end of a range that has none. */
const open = Uint8Array.of(0);

/** The end of the range of all keys that begin with `prefix`. */
function endOf(prefix: Uint8Array): Uint8Array {
  const end = Uint8Array.from(prefix);
  for (let i = end.length - 1; i >= 0; i--) {
    const byte = end[i] ?? 0;
    if (byte === 0xff) continue;
    end[i] = byte + 1;
    return end.subarray(0, i + 1);
  }
  return open;
}

/** Key and end of the range that arguments and --prefix or --from-key name. */
function rangeOf(flags: Flags): { key: Uint8Array; range_end: Uint8Array } {
  const { args } = flags;
  const [prefix, fromKey] = [flags.is('prefix'), flags.is('from-key')];
  if (prefix && fromKey) throw badArgs('`--prefix` and `--from-key` cannot be set at the same time, choose one');
  if ((prefix || fromKey) && args.length > 1) {
    throw badArgs('too many arguments, only accept one argument when `--prefix` or `--from-key` is set');
  }
  const key = encoder.encode(args[0]);
  if (prefix) return key.length === 0 ? { key: open, range_end: open } : { key, range_end: endOf(key) };
  if (fromKey) return { key: key.length === 0 ? open : key, range_end: open };
  return { key, range_end: args[1] === undefined ? none : encoder.encode(args[1]) };
}

const badFeature = (message: string) => new CommandError(message, exitCodes.badFeature);
const orders = ['', 'ASCEND', 'DESCEND'];
const targets = ['KEY', 'VERSION', 'CREATE', 'MODIFY', 'VALUE'];

function sorting(flags: Flags): { sort_order: number; sort_target: number } {
  const order = flags.text('order').toUpperCase();
  const target = flags.text('sort-by').toUpperCase();
  if (!orders.includes(order)) throw badFeature(`bad sort order ${flags.text('order')}`);
  if (target !== '' && !targets.includes(target)) throw badFeature(`bad sort target ${flags.text('sort-by')}`);
  const asked = order === '' && target !== '' ? 1 : orders.indexOf(order);
  return { sort_order: asked, sort_target: Math.max(0, targets.indexOf(target)) };
}

export async function get(p: Process, flags: Flags): Promise<void> {
  const { args } = flags;
  if (args.length === 0) throw badArgs('get command needs one argument as key and an optional argument as range_end');
  const format = formatOf(flags);
  const [keysOnly, countOnly, valueOnly] = ['keys-only', 'count-only', 'print-value-only'].map((name) =>
    flags.is(name),
  );
  if (keysOnly && countOnly)
    throw badArgs('`--keys-only` and `--count-only` cannot be set at the same time, choose one');
  for (const name of ['min-create-rev', 'max-create-rev', 'min-mod-rev', 'max-mod-rev']) {
    if (flags.number(name) > 0) throw new CommandError(`--${name} is not simulated`);
  }
  const request = {
    ...rangeOf(flags),
    ...sorting(flags),
    ...{ limit: flags.number('limit'), revision: flags.number('rev'), keys_only: keysOnly, count_only: countOnly },
  };
  const response = await openClient(p, flags).unary<RangeResponse>(methods.range, request);
  const { header, kvs, more, count } = response;
  if (countOnly && format !== 'fields') throw badArgs('--count-only is only for `--write-out=fields`');
  if (valueOnly && format !== 'simple') throw badArgs('print-value-only is only for `--write-out=simple`');
  if (format === 'table') throw noTable();
  if (format === 'json') return p.print(1, `${toJson({ header, kvs, more, count }, flags.is('hex'))}\n`);
  if (format === 'fields') {
    const tail = fields([
      ['More', more],
      ['Count', count],
    ]);
    return p.print(1, headerFields(header) + kvs.map(keyFields).join('') + tail);
  }
  const options = { hex: flags.is('hex'), valueOnly: valueOnly ?? false };
  for (const kv of kvs) await p.write(1, keyLines(kv, options));
}

export async function put(p: Process, flags: Flags): Promise<void> {
  const [key, given] = flags.args;
  const ignores = flags.is('ignore-value');
  if (ignores && flags.args.length > 1) throw badArgs("put command needs only 1 argument when 'ignore-value' is set");
  const usage = () => badArgs('put command needs 1 argument and input from stdin or 2 arguments');
  if (key === undefined || flags.args.length > 2) throw usage();
  if (flags.has('lease')) throw new CommandError('leases are not simulated');
  const format = formatOf(flags);
  const value = ignores ? none : given === undefined ? await p.readAll(0) : encoder.encode(given);
  if (!ignores && given === undefined && value.length === 0) throw usage();
  const request = { key: encoder.encode(key), value, prev_kv: flags.is('prev-kv'), ignore_value: ignores };
  const { header, prev_kv: previous } = await openClient(p, flags).unary<PutResponse>(methods.put, request);
  if (format === 'table') throw noTable();
  if (format === 'json') return p.print(1, `${toJson({ header, prev_kv: previous }, flags.is('hex'))}\n`);
  if (format === 'fields') return p.print(1, headerFields(header) + (previous ? keyFields(previous) : ''));
  await p.print(1, 'OK\n');
  if (previous) await p.write(1, keyLines(previous, { hex: flags.is('hex') }));
}

export async function del(p: Process, flags: Flags): Promise<void> {
  if (flags.args.length === 0) {
    throw badArgs('del command needs one argument as key and an optional argument as range_end');
  }
  const format = formatOf(flags);
  const request = { ...rangeOf(flags), prev_kv: flags.is('prev-kv') };
  const response = await openClient(p, flags).unary<DeleteRangeResponse>(methods.deleteRange, request);
  const { header, deleted, prev_kvs: previous } = response;
  if (format === 'table') throw noTable();
  if (format === 'json') return p.print(1, `${toJson({ header, deleted, prev_kvs: previous }, flags.is('hex'))}\n`);
  if (format === 'fields') {
    return p.print(1, headerFields(header) + fields([['Deleted', deleted]]) + previous.map(keyFields).join(''));
  }
  await p.print(1, `${deleted}\n`);
  for (const kv of previous) await p.write(1, keyLines(kv, { hex: flags.is('hex') }));
}

export async function compaction(p: Process, flags: Flags): Promise<void> {
  const [text] = flags.args;
  if (text === undefined || flags.args.length > 1) throw badArgs('compaction command needs 1 argument');
  if (!/^-?\d+$/.test(text)) throw new CommandError(`strconv.ParseInt: parsing "${text}": invalid syntax`);
  const request = { revision: Number(text), physical: flags.is('physical') };
  await openClient(p, flags).unary<{ header: Header }>(methods.compact, request);
  await p.print(1, `compacted revision ${text}\n`);
}

export async function watch(p: Process, flags: Flags): Promise<void> {
  if (flags.is('interactive') || flags.args.length > 2) {
    throw new CommandError('watch with -i or with a command to run is not simulated');
  }
  if (flags.args.length === 0) throw badArgs('bad number of arguments');
  const format = formatOf(flags);
  if (format === 'table') throw noTable();
  const hex = flags.is('hex');
  const create = { ...rangeOf(flags), start_revision: flags.number('rev'), prev_kv: flags.is('prev-kv') };
  for await (const response of openClient(p, flags).stream<WatchResponse>(methods.watch, { create_request: create })) {
    const { header, events, canceled, created } = response;
    if (created || events.length === 0) continue;
    if (format === 'json') {
      await p.print(1, `${toJson({ Header: header, Events: events, Canceled: canceled }, hex)}\n`);
      continue;
    }
    for (const { type, kv, prev_kv: previous } of events) {
      const name = type === 0 ? 'PUT' : 'DELETE';
      if (format === 'fields') {
        await p.print(
          1,
          `${headerFields(header)}"Type" : "${name}"\n${previous ? keyFields(previous) : ''}${keyFields(kv)}`,
        );
        continue;
      }
      await p.print(1, `${name}\n`);
      if (previous) await p.write(1, keyLines(previous, { hex }));
      await p.write(1, keyLines(kv, { hex }));
    }
  }
}
