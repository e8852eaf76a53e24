/** Which UTF-16 units one character of an expression stands for. */
export interface CharSet {
  /** By unit, up to 255: 1 if it is in the set. */
  readonly table: Uint8Array;
  has(unit: number): boolean;
  /** Whether units from 256 on may be in it. */
  readonly beyond: boolean;
}

const TABLE = 256;
const known = new Map<string, CharSet>();
const MOST_KNOWN = 1000;

/** The set of a character as it is written in an expression: V8 says what is in it. */
export function charSet(source: string, flags: string): CharSet {
  const own = flags.replace(/[^ims]/g, '');
  const key = `${own}/${source}`;
  const found = known.get(key);
  if (found) return found;
  const one = new RegExp(`^(?:${source})$`, own);
  const test = (unit: number) => one.test(String.fromCharCode(unit));
  const table = new Uint8Array(TABLE);
  for (let unit = 0; unit < TABLE; unit++) if (test(unit)) table[unit] = 1;
  const others = new Map<number, boolean>();
  const set: CharSet = {
    table,
    // A letter, a digit or a sign of ASCII by itself; anything else may be more than it looks.
    beyond: !/^(?:[ -Z_-~]|\\[^A-Za-z0-9])$/.test(source) || source === '.' || own.includes('i'),
    has(unit) {
      if (unit < TABLE) return table[unit] === 1;
      const before = others.get(unit);
      if (before !== undefined) return before;
      const is = test(unit);
      if (others.size > MOST_KNOWN) others.clear();
      others.set(unit, is);
      return is;
    },
  };
  if (known.size > MOST_KNOWN) known.clear();
  known.set(key, set);
  return set;
}
