import ts from 'typescript';

/** What is larger than it may be without a reason, or hides an error. */
export interface Finding {
  kind: 'class' | 'file' | 'function' | 'catch';
  /** `src/session/attempt.ts:40` */
  at: string;
  name: string;
  /** Methods of a class, lines of a file or function; 0 for a catch. */
  size: number;
  /** Why it may stay so: what follows `Large because` in its own comment, or, for a catch, the comment at it. */
  reason?: string;
}

/** Methods of a class, lines of a file, lines of a function: more of them want a reason. */
export const limits = { class: 20, file: 400, function: 80 };

/** How far down a file its reason may stand, in lines. */
const headLines = 30;

/** Finds classes of more than 20 methods, files of more than 400 lines, functions of more than 80, and catches that do nothing. */
export function measure(file: string, text: string): Finding[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true, kindOf(file));
  const lineOf = (position: number) => source.getLineAndCharacterOfPosition(position).line + 1;
  const findings: Finding[] = [];
  const add = (kind: Finding['kind'], node: ts.Node, name: string, size: number, reason: string | undefined) =>
    findings.push({ kind, at: `${file}:${lineOf(node.getStart())}`, name, size, ...(reason && { reason }) });

  const lines = text.trimEnd().split('\n').length;
  if (lines > limits.file) {
    const head = text.split('\n').slice(0, headLines).join('\n');
    add('file', source, file, lines, reasonIn(head));
  }
  const visit = (node: ts.Node): void => {
    if (ts.isClassLike(node)) {
      const methods = node.members.filter(isMethod).length;
      if (methods > limits.class)
        add('class', node, node.name?.text ?? 'class', methods, reasonIn(commentOf(node, text)));
    }
    if (isFunction(node) && node.body) {
      const size = lineOf(node.body.end) - lineOf(node.body.getStart()) + 1;
      if (size > limits.function) add('function', node, nameOf(node), size, reasonIn(commentOf(outermost(node), text)));
    }
    if (isEmptyCatch(node)) add('catch', node, 'catch', 0, commentAt(node, text));
    ts.forEachChild(node, visit);
  };
  visit(source);
  return findings;
}

function kindOf(file: string): ts.ScriptKind {
  return file.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS;
}

function isMethod(member: ts.ClassElement): boolean {
  return ts.isMethodDeclaration(member) || ts.isAccessor(member) || ts.isConstructorDeclaration(member);
}

type Function = ts.FunctionLikeDeclaration & { body?: ts.Node };

function isFunction(node: ts.Node): node is Function {
  return (
    ts.isFunctionDeclaration(node) ||
    ts.isMethodDeclaration(node) ||
    ts.isArrowFunction(node) ||
    ts.isFunctionExpression(node) ||
    ts.isConstructorDeclaration(node) ||
    ts.isAccessor(node)
  );
}

function nameOf(node: Function): string {
  const named = ts.isVariableDeclaration(node.parent) || ts.isPropertyAssignment(node.parent) ? node.parent : node;
  return named.name?.getText() ?? 'function';
}

/** The statement or member whose comment is the function's: of `const f = () => …` the whole. */
function outermost(node: ts.Node): ts.Node {
  let at = node;
  while (!ts.isStatement(at) && !ts.isClassElement(at) && at.parent) at = at.parent;
  return at;
}

/** `catch {}` and `.catch(() => undefined)`: nobody hears of the error, whichever it was. */
function isEmptyCatch(node: ts.Node): boolean {
  if (ts.isCatchClause(node)) return node.block.statements.length === 0;
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return false;
  const [handler] = node.arguments;
  if (node.expression.name.text !== 'catch' || !handler || !ts.isArrowFunction(handler)) return false;
  const { body } = handler;
  return ts.isBlock(body) ? body.statements.length === 0 : body.getText() === 'undefined';
}

function commentOf(node: ts.Node, text: string): string {
  return text.slice(node.getFullStart(), node.getStart());
}

function reasonIn(comment: string): string | undefined {
  const plain = comment.replaceAll(/^\s*(\/\/|\/?\*+)/gm, ' ').replaceAll(/\s+/g, ' ');
  return /\bLarge because ([^.]+)/.exec(plain)?.[1]?.trim();
}

/** A comment inside of a catch, or on the lines before its statement. */
function commentAt(node: ts.Node, text: string): string | undefined {
  const inside = ts.isCatchClause(node) ? node.block.getFullText() : '';
  const before = commentOf(outermost(ts.isCatchClause(node) ? node.parent : node), text);
  const [found] = /\/\/.*|\/\*[\s\S]*?\*\//.exec(`${inside}\n${before}`) ?? [];
  return found?.replaceAll(/^\/[/*]+\s*|\s*\*\/$/g, '').trim();
}
