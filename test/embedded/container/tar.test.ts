import { afterAll, describe, expect, it } from 'vitest';
import { testRuntime } from './helpers.ts';

const { runtime, sh } = testRuntime();
afterAll(() => runtime.dispose());

const over100 = `d/${'n'.repeat(120)}`;
const over256 = `${['a', 'b', 'c', 'd', 'e'].map((letter) => letter.repeat(60)).join('/')}/file`;

/** Archives of Python's tarfile: files of these two names, `soft` and `hard` are links to the second one. */
const archives = {
  gnu: 'H4sIAAAAAAACA+3XQQ6CMBAF0K49RU9Ap6WUrXu5BAoo0UAC6PmVkJioIYbUVpL+t6Fhw2L48yESkdhmbXPM6ubM3KDJ3JVkGj/P0/00TQzjGfPg2g95xzkLVCGaP2EQyPzHUBs9n3+S8jX/cSwTxTgh/861t7LjkmiDKAQpWkH/a2M++t/E6H8fcgtib0EcLIjCgigtiKq+lJj/ovkv738ySqP/vfW/Sgz6H/2/qv5/fP/vkH/0P/rfqb6tBtfP+Nr/7+fx958YVz5ezsDzj/2P/Y/9H+7+P+VdscL9r8f8S+x/AAAAAACAn7kD3TdMgAAoAAA=',
  pax: 'H4sIAAAAAAACA+3XzYrCMBQF4Kx9ijxBc+9NG5nFwCxn6StEG1EUHWpn8PH9A0FFRGJTh5xv09BNFuk9Jy1MYb5GfvsdfB0a1Qk6ufckofK8Pr5nEmaltyqB303rm/32Kk9sRf/4dvZZm1VPBgp6k+LYD0PtyvvzT/thv5h/a4VFacL8d279FxrNRBjCPBVv0P/lcHjT/1Kh/1Ow/HHqfx/BjCOYSQRTRzAhgpnOl+H/p2aKY3++/8m5Ev2frP+lcuh/9H9f/V+Rvf3/t+j/JP0vVi/nqwXuAHneATbradv1Hg/7/3ptuXKktKT4HjOff+Q/8h/5n2/+z3xTv2P+iyjNyH8AAAAAAICX2QH5aAf9ACgAAA==',
};

const look = `cat ${over100} ${over256} soft hard; readlink soft; stat -c '%h %a' hard`;
const seen = `over 100\nover 256\nover 256\nover 256\n${over256}\n2 640\n`;

describe('tar', () => {
  it.each(Object.entries(archives))('unpacks long names and links as %s archives have them', async (_, archive) => {
    const { out, err } = await sh(`cd /tmp; echo ${archive} | base64 -d | tar xzf -; ${look}`);
    expect(err).toBe('');
    expect(out).toBe(seen);
  });

  it('packs what it unpacks again, long names and links among it', async () => {
    const make = `mkdir -p d ${over256.replace(/\/file$/, '')}; echo one >${over100}; echo two >${over256}; ln -s ${over256} soft`;
    const script = `mkdir /tmp/a /tmp/b; cd /tmp/a; ${make}; tar cf - . | tar xf - -C /tmp/b; cd /tmp/b; cat ${over100} ${over256}; readlink soft`;
    const { out, err } = await sh(script);
    expect(err).toBe('');
    expect(out).toBe(`one\ntwo\n${over256}\n`);
  });

  it('lists long names', async () => {
    const { out } = await sh(`echo ${archives.pax} | base64 -d | tar tzf -`);
    expect(out).toBe(`${over100}\n${over256}\nsoft\nhard\n`);
  });

  it('refuses a name that no archive may have', async () => {
    // Name, mode and owners, size, time, checksum, type.
    const header = `printf 'x%0123d77777777777\\0%011d\\0%08dL' 0 0 0; head -c 10000 /dev/zero`;
    const { err, code } = await sh(`{ ${header}; } | tar t`);
    expect({ err, code }).toEqual({ err: 'tar: Tar metadata entry exceeds maximum size.\n', code: 1 });
  });
});
