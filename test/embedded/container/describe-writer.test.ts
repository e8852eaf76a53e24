import { describe, expect, it } from 'vitest';
import { alignColumns } from '../../../src/embedded/container/programs/kubectl/describe/tabwriter.ts';
import { DescribeWriter } from '../../../src/embedded/container/programs/kubectl/describe/writer.ts';

describe('columns of descriptions', () => {
  it('are as wide as the widest cell of consecutive lines', () => {
    expect(alignColumns('Name:\tweb\nNamespace:\tdefault\n')).toBe('Name:       web\nNamespace:  default\n');
  });

  it('end at a line that has no such cell', () => {
    expect(alignColumns('A:\t1\nlong line of its own\nLonger:\t2\n')).toBe('A:  1\nlong line of its own\nLonger:  2\n');
  });

  it('nest: a column inside of another is measured by its own lines', () => {
    expect(alignColumns('a\tb\tc\na\tbbbb\tc\na\tb\na\tbb\tc\n')).toBe('a  b     c\na  bbbb  c\na  b\na  bb  c\n');
  });

  it('keep empty cells, and count characters, not bytes', () => {
    expect(alignColumns('\t\tx\n')).toBe('    x\n');
    expect(alignColumns('é:\t1\nab:\t2\n')).toBe('é:   1\nab:  2\n');
  });

  it('start anew after a flush', () => {
    const w = new DescribeWriter();
    w.write(0, 'A:\t1\n');
    w.flush();
    w.write(1, 'Longer:\t2\n');
    expect(w.toString()).toBe('A:  1\n  Longer:  2\n');
  });

  it('show what would command the terminal', () => {
    const w = new DescribeWriter();
    w.write(0, 'Note:\t\u001b[31mred\r\n');
    expect(w.toString()).toBe('Note:  ^[[31mred\\r\n');
  });
});
