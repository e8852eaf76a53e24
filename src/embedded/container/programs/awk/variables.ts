/** awk's variables, and the record with its fields: NF belongs to both. */

import type { Process } from '../../kernel/process.ts';
import { safeRegExp } from '../../lib/regex.ts';
import { compileRegex } from './parser.ts';
import { type Cell, inputValue, toNumber, toText, type Value } from './values.ts';

const defaults: Record<string, Value> = {
  FS: ' ',
  OFS: ' ',
  ORS: '\n',
  RS: '\n',
  NR: 0,
  NF: 0,
  FNR: 0,
  SUBSEP: '\x1c',
  CONVFMT: '%.6g',
  OFMT: '%.6g',
  RSTART: 0,
  RLENGTH: -1,
  FILENAME: '',
};

export class Variables {
  readonly #p: Process;
  readonly #globals = new Map<string, Cell>();
  readonly #frames: Map<string, Cell>[] = [];
  #record = '';
  #fields: string[] | undefined;

  constructor(p: Process) {
    this.#p = p;
    for (const [name, value] of Object.entries(defaults)) this.setGlobal(name, value);
    this.setGlobalArray('ENVIRON', new Map([...p.env].map(([k, v]) => [k, inputValue(v)])));
  }

  setGlobal(name: string, value: Value): void {
    this.#globals.set(name, { t: 'scalar', value });
  }

  setGlobalArray(name: string, items: Map<string, Value>): void {
    this.#globals.set(name, { t: 'array', items });
  }

  /** How many functions are being called. */
  get depth(): number {
    return this.#frames.length;
  }

  /** Puts a function's parameters before the global names. */
  enter(frame: Map<string, Cell>): void {
    this.#frames.push(frame);
  }

  leave(): void {
    this.#frames.pop();
  }

  cell(name: string): Cell | undefined {
    return this.#frames.at(-1)?.get(name) ?? this.#globals.get(name);
  }

  get(name: string): Value {
    if (name === 'NF') this.#split();
    const cell = this.cell(name);
    return cell?.t === 'scalar' ? cell.value : '';
  }

  array(name: string): Map<string, Value> {
    const cell = this.cell(name);
    if (cell?.t === 'array') return cell.items;
    const items = new Map<string, Value>();
    const frame = this.#frames.at(-1);
    if (frame?.has(name)) frame.set(name, { t: 'array', items });
    else this.#globals.set(name, { t: 'array', items });
    return items;
  }

  set(name: string, value: Value): void {
    const frame = this.#frames.at(-1);
    if (frame?.has(name)) {
      frame.set(name, { t: 'scalar', value });
      return;
    }
    if (name === 'NF') {
      const fields = this.#split();
      const count = Math.max(0, Math.floor(toNumber(value)));
      fields.length = Math.min(fields.length, count);
      while (fields.length < count) fields.push('');
      this.#record = fields.join(this.text(this.get('OFS')));
    }
    this.#globals.set(name, { t: 'scalar', value });
  }

  /** The value of an array's element; asked for, it is there. */
  element(name: string, key: string): Value {
    const items = this.array(name);
    const known = items.get(key);
    if (known !== undefined) return known;
    this.#p.charge(2 * key.length + 48);
    items.set(key, '');
    return '';
  }

  setElement(name: string, key: string, value: Value): void {
    this.#p.charge(typeof value === 'string' ? 2 * value.length + 48 : 48);
    this.array(name).set(key, value);
  }

  /** A value as text; numbers that are no integers by CONVFMT. */
  text(value: Value): string {
    return toText(value, this.convfmt);
  }

  get convfmt(): string {
    const cell = this.#globals.get('CONVFMT');
    return cell?.t === 'scalar' && typeof cell.value === 'string' ? cell.value : '%.6g';
  }

  // ------------------------------------------------------------ the record

  get record(): string {
    return this.#record;
  }

  set record(text: string) {
    this.#record = text;
    this.#fields = undefined;
    this.#globals.delete('NF');
  }

  field(index: number): Value {
    return inputValue(index === 0 ? this.#record : (this.#split()[index - 1] ?? ''));
  }

  setField(index: number, value: string): void {
    if (index === 0) {
      this.record = value;
      return;
    }
    const fields = this.#split();
    while (fields.length < index) fields.push('');
    fields[index - 1] = value;
    this.#globals.set('NF', { t: 'scalar', value: fields.length });
    this.#record = fields.join(this.text(this.get('OFS')));
  }

  #split(): string[] {
    if (!this.#fields) {
      this.#fields = this.splitText(this.#record, this.get('FS'));
      this.#globals.set('NF', { t: 'scalar', value: this.#fields.length });
    }
    return this.#fields;
  }

  /** The pieces between separators: a text as FS may be, or a regular expression. */
  splitText(text: string, separator: Value | RegExp): string[] {
    if (separator instanceof RegExp)
      return text === '' ? [] : text.split(separator.global ? safeRegExp(separator.source) : separator);
    const fs = this.text(separator);
    if (fs === ' ') return text.trim() === '' ? [] : text.trim().split(/[ \t\n]+/);
    if (text === '') return [];
    if (fs === '') return [...text];
    if (fs.length === 1 && fs !== ' ') return text.split(fs === '\\' ? '\\' : fs);
    return text.split(safeRegExp(compileRegex(fs).source));
  }
}
