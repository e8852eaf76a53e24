import { describe, expect, it } from 'vitest';
import { markdownText, parseMarkdown, scriptLines, wrapText } from '../../src/present/markdown.ts';
import type { Paint } from '../../src/present/text.ts';
import { widthOf } from '../../src/present/width.ts';

const plain: Paint = (_, text) => text;

describe('markdownText', () => {
  it('shows headings, lists and code, with a line between blocks but not between items', () => {
    const text = '## Why\n\nIt *broke*.\n\n- one `a`\n- two\n\n1. first\n2. second\n\n## How\n\n    kubectl get pods\n';
    expect(markdownText(text, 80, plain)).toBe(
      [
        'Why',
        '',
        'It broke.',
        '',
        '• one a',
        '• two',
        '1. first',
        '2. second',
        '',
        'How',
        '',
        '    kubectl get pods',
      ].join('\n'),
    );
  });

  it('wraps items with a hanging indent', () => {
    expect(markdownText('- one two three four', 12, plain)).toBe('• one two\n  three four');
  });

  it('leaves code as it is: it is there to be copied', () => {
    const command = `kubectl create rolebinding x ${'--flag=value '.repeat(10)}`.trim();
    expect(markdownText(`    ${command}`, 40, plain)).toBe(`    ${command}`);
  });

  it('decodes entities outside of code and keeps them inside', () => {
    expect(markdownText('a &lt;b&gt; & `c<d>`', 80, plain)).toBe('a <b> & c<d>');
  });

  it('marks emphasis, code and links by style', () => {
    const spans = parseMarkdown('**a** _b_ `c` [d](https://e.example)')[0];
    expect(spans).toMatchObject({
      spans: [{ style: 'strong' }, {}, { style: 'emphasis' }, {}, { style: 'code' }, {}, { style: 'link' }],
    });
  });

  const table = '| file | what it is | |\n|---|---|---|\n| `a`, `b` | the **first** of all | here |\n| c | | there |\n';

  it('shows a table in columns, their cells wrapped where they are too wide', () => {
    expect(markdownText(`In it:\n\n${table}\nThen.`, 80, plain)).toBe(
      [
        ...['In it:', ''],
        'file  what it is',
        'a, b  the first of all  here',
        'c                       there',
        ...['', 'Then.'],
      ].join('\n'),
    );
    expect(markdownText(table, 25, plain)).toBe(
      ['file  what it is', 'a, b  the first of  here', '      all', 'c                   there'].join('\n'),
    );
  });

  it('shows the rows of a table as a list where columns would be too narrow', () => {
    expect(markdownText(table, 20, plain)).toBe(
      ['• a, b; what it is:', '  the first of all;', '  here', '• c; there'].join('\n'),
    );
  });

  it('breaks no command and no address that fits into a line', () => {
    const text = 'Now `kubectl get pods` and https://example.com/a/b say it.';
    expect(markdownText(text, 24, plain).split('\n')).toEqual([
      'Now kubectl get pods and',
      'https://example.com/a/b',
      'say it.',
    ]);
    expect(markdownText(text, 23, plain).split('\n')[0]).toBe('Now kubectl get pods');
    expect(markdownText('It is `kubectl get pods -A`.', 14, plain)).toBe('It is\nkubectl get pods -A.');
  });

  it('goes on with a command behind a backslash in a pane, as the shell reads it', () => {
    const command = "kubectl get pods -o jsonpath='{.items[*] .spec}' -n shop  # who they are";
    expect(markdownText(`    ${command}`, 40, plain, { wide: 'fold' })).toBe(
      ['    kubectl get pods \\', "      -o jsonpath='{.items[*] .spec}' \\", '      -n shop  # who they are'].join(
        '\n',
      ),
    );
    expect(markdownText('See `kubectl get pods -n shop`.', 20, plain, { wide: 'fold' })).toBe(
      ['See', 'kubectl get pods \\', '  -n shop.'].join('\n'),
    );
    const manifest = '```yaml\nspec: { containers: [{ name: one, image: nginx:1.29 }] }\n```';
    expect(markdownText(manifest, 30, plain, { wide: 'fold' })).toBe(
      '    spec: { containers: [{ name: one, image: nginx:1.29 }] }',
    );
  });

  it('breaks an address that is wider than a pane at its edges only, and leaves it whole elsewhere', () => {
    const address = `https://example.com/${'a-b/'.repeat(8)}`;
    const whole = (text: string, width: number) => {
      const lines = markdownText(text, width, plain, { wide: 'fold' }).split('\n');
      for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(width);
      return lines.join('').includes(address);
    };
    for (const text of [
      `See ${address} there.`,
      `- a\n  - b ${address}`,
      `1. ${address}`,
      `\`curl ${address}\` asks`,
    ]) {
      expect(whole(text, 24)).toBe(true);
      expect(markdownText(text, 24, plain)).toContain(address);
    }
    expect(whole(`|what|where|\n|-|-|\n|the first|${address}|`, 40)).toBe(true);
    expect(whole(`    curl -s ${address}`, 30)).toBe(true);
    expect(markdownText('1. https://example.com/a/b', 24, plain, { wide: 'fold' })).toBe('1.\nhttps://example.com/a/b');
  });

  it('adds nothing to a quoted text that no line of a pane holds', () => {
    const quoted = "'{.items[*].metadata.name} {.items[*].spec}'";
    const lines = markdownText(`    kubectl get pods -o jsonpath=${quoted}`, 30, plain, { wide: 'fold' }).split('\n');
    expect(lines).toEqual([
      '    kubectl get pods \\',
      '      -o \\',
      "  jsonpath='{.items[*].metadat",
      "a.name} {.items[*].spec}'",
    ]);
  });

  it('keeps nested lists', () => {
    expect(markdownText('- a\n  - b\n- c', 80, plain)).toBe('• a\n  • b\n• c');
  });

  it('shows no escape sequence of a pack', () => {
    expect(markdownText('a \u001b[2J b', 80, plain)).toBe('a ␛[2J b');
  });
});

describe('scriptLines', () => {
  it('goes on with commands behind a backslash, and with comments as comments', () => {
    expect(scriptLines('# All that they need is here.\nkubectl create role reader --verb=list\n', 24)).toEqual([
      '  # All that they need',
      '  # is here.',
      '  kubectl create role \\',
      '    reader --verb=list',
    ]);
  });

  it('breaks manifests at the edge', () => {
    const manifest = 'metadata: { name: reader }\nspec:\n  a: b';
    expect(scriptLines(manifest, 20)).toEqual(['metadata: { name: re', 'ader }', '  spec:', '    a: b']);
  });
});

describe('wrapText', () => {
  it('breaks what has no spaces, and counts wide characters as two', () => {
    expect(wrapText('x'.repeat(25), 10)).toEqual(['x'.repeat(10), 'x'.repeat(10), 'xxxxx']);
    for (const line of wrapText('日本語'.repeat(9), 10)) expect(widthOf(line)).toBeLessThanOrEqual(10);
  });
});
