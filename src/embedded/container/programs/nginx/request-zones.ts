/** The directives of ngx_http_limit_req_module, and its counts. */
import { configError, type Directive } from './parse.ts';
import { bytes, type Scope } from './scope.ts';

/** Requests are counted in thousandths, as in nginx. */
export const REQUEST = 1000;
/** What a state takes of a zone, with its key. */
const STATE_BYTES = 128;
const MOST_STATES = 16_384;
/** nginx wants room for eight pages. */
const LEAST_ZONE = 8 * 4096;

export interface RequestZone {
  key: string;
  /** Thousandths of requests a second. */
  rate: number;
  /** States that it has room for; the oldest goes first. */
  states: number;
}

interface Limit {
  zone: string;
  burst: number;
  /** What may be over the rate without waiting. */
  delay: number;
}

interface State {
  excess: number;
  at: number;
}

/** The zones of `limit_req_zone`, by name. Throws ConfigError. */
export function readRequestZones(http: Scope): Map<string, RequestZone> {
  const zones = new Map<string, RequestZone>();
  for (const d of http.own('limit_req_zone')) {
    const [key = '', ...options] = d.args;
    let [name, size, rate] = ['', 0, REQUEST];
    for (const option of options) {
      const [, zone, room = ''] = /^zone=([^:]+):(\d+[kmKM]?)$/.exec(option) ?? [];
      const [, count, unit] = /^rate=(\d+)r\/([sm])$/.exec(option) ?? [];
      if (zone !== undefined) [name, size] = [zone, bytes(room)];
      else if (option.startsWith('zone=')) throw configError(`invalid zone size "${option.slice(5)}"`, d);
      else if (Number(count) > 0) rate = Math.floor((Number(count) * REQUEST) / (unit === 'm' ? 60 : 1));
      else if (option.startsWith('rate=')) throw configError(`invalid rate "${option}"`, d);
      else throw configError(`invalid parameter "${option}"`, d);
    }
    if (name === '') throw configError('"limit_req_zone" must have "zone" parameter', d);
    if (size < LEAST_ZONE) throw configError(`zone "${name}" is too small`, d);
    const same = zones.get(name);
    if (same) throw configError(`limit_req_zone "${name}" is already bound to key "${same.key}"`, d);
    zones.set(name, { key, rate, states: Math.min(MOST_STATES, Math.floor(size / STATE_BYTES)) });
  }
  return zones;
}

const limits = new WeakMap<Directive, Limit>();

/** What a `limit_req` says. Throws ConfigError. */
export function requestLimit(d: Directive, zones: ReadonlyMap<string, RequestZone>): Limit {
  const known = limits.get(d);
  if (known) return known;
  const limit: Limit = { zone: '', burst: 0, delay: 0 };
  for (const option of d.args) {
    const [, name = '', value = ''] = /^(zone|burst|delay)=(.*)$/.exec(option) ?? [];
    const count = /^\d+$/.test(value) ? Number(value) : 0;
    if (name === 'zone') limit.zone = value;
    else if (name !== '' && count === 0) throw configError(`invalid ${name} value "${option}"`, d);
    else if (name === 'burst') limit.burst = count * REQUEST;
    else if (name === 'delay') limit.delay = count * REQUEST;
    else if (option === 'nodelay') limit.delay = Number.POSITIVE_INFINITY;
    else throw configError(`invalid parameter "${option}"`, d);
  }
  if (limit.zone === '') throw configError('"limit_req" must have "zone" parameter', d);
  if (!zones.has(limit.zone)) throw configError(`zero size shared memory zone "${limit.zone}"`, d);
  limits.set(d, limit);
  return limit;
}

/** What was asked for so far: shared memory, which outlives a reload. */
export class RequestCounts {
  readonly #zones = new Map<string, Map<string, State>>();

  /** Requests over the rate with this one, and how to count it. */
  look(name: string, { rate, states }: RequestZone, key: string, now: number): { excess: number; count(): void } {
    const zone = this.#zones.get(name) ?? new Map<string, State>();
    this.#zones.set(name, zone);
    const before = zone.get(key);
    const passed = before ? Math.max(0, now - before.at) : 0;
    const excess = before ? Math.max(0, before.excess - (rate * passed) / 1000 + REQUEST) : 0;
    return {
      excess,
      count: () => {
        // Those that were asked for last are last.
        zone.delete(key);
        zone.set(key, { excess, at: now });
        const [oldest] = zone.keys();
        if (zone.size > states && oldest !== undefined) zone.delete(oldest);
      },
    };
  }
}
