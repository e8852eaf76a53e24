import { describe, expect, it } from 'vitest';
import { measure } from '../../scripts/house/measure.ts';

const lines = (count: number) => Array.from({ length: count }, (_, n) => `  use(${n});`).join('\n');
const methods = (count: number) => Array.from({ length: count }, (_, n) => `  m${n}() {}`).join('\n');
const of = (text: string) =>
  measure('src/a.ts', text).map(({ kind, name, size, reason }) => [kind, name, size, reason]);

describe('what is measured of a house', () => {
  it('is silent about what is small and says what it does with errors', () => {
    const fine = `class A {\n${methods(20)}\n}\nfunction f() {\n${lines(78)}\n}\ntry { g(); } catch (error) { log(error); }`;
    expect(of(`${fine}\npromise.catch((error) => log(error));`)).toEqual([]);
  });

  it('finds large classes, functions and files', () => {
    expect(of(`class A {\n${methods(20)}\n  get b() { return 1; }\n}`)).toEqual([['class', 'A', 21, undefined]]);
    expect(of(`function f() {\n${lines(79)}\n}`)).toEqual([['function', 'f', 81, undefined]]);
    expect(of(`const g = () => {\n${lines(79)}\n};`)).toEqual([['function', 'g', 81, undefined]]);
    expect(of(lines(401))).toEqual([['file', 'src/a.ts', 401, undefined]]);
  });

  it('reads the reason that is given in the comment of what is large', () => {
    const doc = '/**\n * A table. Large because every opcode\n * is a case. It grows.\n */\n';
    const reason = 'every opcode is a case';
    expect(of(`${doc}export class A {\n${methods(21)}\n}`)).toEqual([['class', 'A', 21, reason]]);
    expect(of(`${doc}export const g = () => {\n${lines(79)}\n};`)).toEqual([['function', 'g', 81, reason]]);
    expect(of(`${doc}${lines(401)}`)).toEqual([['file', 'src/a.ts', 405, reason]]);
  });

  it('finds catches that do nothing, and what is said at them', () => {
    expect(of('try { f(); } catch {}')).toEqual([['catch', 'catch', 0, undefined]]);
    expect(of('try { f(); } catch {\n  // It is gone.\n}')).toEqual([['catch', 'catch', 0, 'It is gone.']]);
    expect(of('p.catch(() => undefined);')).toEqual([['catch', 'catch', 0, undefined]]);
    expect(of('p.catch(() => {});')).toEqual([['catch', 'catch', 0, undefined]]);
    expect(of('// Nobody waits.\np.catch(() => undefined);')).toEqual([['catch', 'catch', 0, 'Nobody waits.']]);
  });
});
