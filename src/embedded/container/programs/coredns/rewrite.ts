import { safeRegExp } from '../../lib/regex.ts';
import { fault, type Handler, plain, type Setup } from './plugin.ts';

/** What a name becomes; undefined: the rule is not about it. */
type Rule = (name: string) => string | undefined;

/** Other names for the same thing, exact, by part or by pattern: https://coredns.io/plugins/rewrite/ */
export function rewrite(setups: readonly Setup[], next: Handler): Handler {
  const rules = setups.map((setup) => ({ rule: ruleOf(setup), goesOn: setup.directive.args[0] === 'continue' }));
  return async (question, depth) => {
    let { name } = question;
    for (const { rule, goesOn } of rules) {
      const fresh = rule(name);
      if (fresh === undefined) continue;
      name = fresh;
      if (!goesOn) break;
    }
    const { code, records } = await next({ ...question, name }, depth);
    // Resolvers take only answers to what they asked for.
    return { code, records: records.map((r) => (r.name === name ? { ...r, name: question.name } : r)) };
  };
}

function ruleOf(setup: Setup): Rule {
  const { directive } = setup;
  // In a block, the rule about the name stands on a line of its own.
  const line = directive.block.find(({ name }) => name === 'name');
  const words = line ? ['name', ...line.args] : [...directive.args];
  if (words[0] === 'stop' || words[0] === 'continue') words.shift();
  const [field, ...args] = words;
  // Rules about types, classes and EDNS options change nothing that is answered here.
  if (field !== 'name') return () => undefined;
  const kinds = ['exact', 'prefix', 'suffix', 'substring', 'regex'];
  const [kind = '', from, to] = kinds.includes(args[0] ?? '') ? args : ['exact', ...args];
  if (from === undefined || to === undefined) {
    throw fault(setup, `few arguments for a name rule, ${args.length} arguments provided`);
  }
  return nameRule(setup, kind, from, to);
}

function nameRule(setup: Setup, kind: string, from: string, to: string): Rule {
  const [old, fresh] = [plain(from), plain(to)];
  switch (kind) {
    case 'prefix':
      return (name) => (name.startsWith(from) ? to + name.slice(from.length) : undefined);
    case 'suffix':
      return (name) => (name.endsWith(old) ? name.slice(0, name.length - old.length) + fresh : undefined);
    case 'substring':
      return (name) => (name.includes(from) ? name.replace(from, to) : undefined);
    case 'regex':
      return regexRule(setup, from, to);
    default:
      return (name) => (name === old ? fresh : undefined);
  }
}

/** The pattern is held against the full name with its final dot; `{1}` stands for a group. */
function regexRule(setup: Setup, from: string, to: string): Rule {
  let pattern: RegExp;
  try {
    pattern = safeRegExp(from);
  } catch {
    throw fault(setup, `invalid regex pattern in a name rule: ${from}`);
  }
  return (name) => {
    const groups = pattern.exec(`${name}.`);
    return groups ? plain(to.replace(/\{(\d+)\}/g, (_, n: string) => groups[Number(n)] ?? '')) : undefined;
  };
}
