/** jq's library: what is code here, and what is said in the language itself. */
import { filterFunctions } from './filters.ts';
import { forms } from './forms.ts';
import type { Library } from './machine.ts';
import { type Definition, parseDefinitions } from './parser.ts';
import { valueFunctions } from './values.ts';

const source = `
def map(f): [.[] | f];
def map_values(f): .[] |= f;
def with_entries(f): to_entries | map(f) | from_entries;
def values: select(. != null);
def nulls: select(. == null);
def booleans: select(type == "boolean");
def numbers: select(type == "number");
def strings: select(type == "string");
def arrays: select(type == "array");
def objects: select(type == "object");
def iterables: select(type == "array" or type == "object");
def scalars: select(type != "array" and type != "object");
def finites: select(isinfinite or isnan | not);
def normals: select(isnormal);
def isvalid(f): try (f | true) catch false;
def paths: path(..) | select(length > 0);
def paths(f): path(.. | select(f)) | select(length > 0);
def leaf_paths: paths(scalars);
def del(f): delpaths([path(f)]);
def walk(f): def w: (if type == "object" then map_values(w) elif type == "array" then map(w) else . end) | f; w;
def IN(s): any(s == .; .);
def IN(source; s): any(source == s; .);
def INDEX(stream; f): reduce stream as $row ({}; .[$row | f | tostring] |= $row);
def INDEX(f): INDEX(.[]; f);
def combinations: if length == 0 then [] else .[0][] as $x | (.[1:] | combinations) as $rest | [$x] + $rest end;
def combinations(n): . as $dot | [range(n)] | map($dot) | combinations;
def fromstream(f): {x: null, e: false} as $start
  | foreach f as $event ($start;
      if .e then $start else . end
      | if $event | length == 2
        then setpath(["e"]; $event[0] | length == 0) | setpath(["x"] + $event[0]; $event[1])
        else setpath(["e"]; $event[0] | length == 1) end;
      if .e then .x else empty end);
def truncate_stream(stream): . as $n | null | stream | . as $in | if (.[0] | length) > $n then setpath([0]; .[0][$n:]) else empty end;
def skip(n; f): if n > 0 then foreach f as $x (n; . - 1; if . < 0 then $x else empty end) else f end;
def get_search_list: [];
`;

const names = [...source.matchAll(/^def (\w+)(?:\(([^)]*)\))?:/gm)].map(
  ([, name = '', params]) => `${name}/${params === undefined ? 0 : params.split(';').length}`,
);
const known = new Set([...names, ...filterFunctions.keys(), ...valueFunctions.keys(), 'builtins/0']);

let library: Library | undefined;

/** The names of all functions, as in `map/1`. */
export const functionNames: ReadonlySet<string> = known;

/** The library; read once. */
export function loadLibrary(): Library {
  if (!library) {
    const definitions = new Map<string, Definition>();
    for (const definition of parseDefinitions(source, { functions: known, variables: new Set() }))
      definitions.set(`${definition.name}/${definition.params.length}`, definition);
    const builtins = [...known].filter((name) => !name.startsWith('@'));
    const values = new Map(valueFunctions).set('builtins/0', () => builtins);
    library = { forms, values, filters: filterFunctions, definitions };
  }
  return library;
}
