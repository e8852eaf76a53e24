/** Clusters of kind whose record is damaged, on a Docker that is a folder of files. */
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { stringify } from 'yaml';
import { KindProvider } from '../../src/cluster/kind/provider.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { temporaryFolder } from '../helpers/temporary.ts';

const pem = (name: string) => `-----BEGIN CERTIFICATE-----\n${name}\n-----END CERTIFICATE-----\n`;

/** Containers are files of the folder `containers`: `<cluster>-<node>`, which hold the certificate authority. */
const tools = {
  docker: `
cd "$(dirname "$0")/containers" || exit 1
case "$1" in
ps)
  for one in *; do
    [ -e "$one" ] || continue
    cluster="\${one%-control-plane}"; cluster="\${cluster%-worker}"
    case "$*" in
    *"cluster=$cluster "*) echo "$one running" ;;
    *cluster=*) ;;
    *) echo "$cluster $one" ;;
    esac
  done ;;
cp)
  one="\${2%%:*}"
  [ -s "$one" ] || { echo "Error response from daemon: Could not find the file /etc in container $one" >&2; exit 1; }
  cat "$one" ;;
*) exit 1 ;;
esac`,
  kind: `
[ "$1 $2 $3" = 'delete cluster --name' ] && rm -f "$(dirname "$0")/containers/$4"-*`,
};

function machine(records: Record<string, string>) {
  const bin = temporaryFolder();
  for (const [name, script] of Object.entries(tools)) {
    writeFileSync(join(bin, name), `#!/bin/sh${script}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  const containers = join(bin, 'containers');
  mkdirSync(containers);
  const folder = temporaryFolder();
  for (const [id, text] of Object.entries(records)) {
    mkdirSync(join(folder, id));
    writeFileSync(join(folder, id, 'cluster.json'), text);
  }
  const env = { PATH: `${bin}:${process.env.PATH}` };
  return {
    provider: new KindProvider({ folder, clock: systemClock, env, lasting: true }),
    runs: (cluster: string, authority = '') => {
      for (const node of ['control-plane', 'worker']) writeFileSync(join(containers, `${cluster}-${node}`), authority);
    },
    connects: (id: string, authority: string) => {
      const data = Buffer.from(authority).toString('base64');
      const clusters = [{ name: id, cluster: { server: 'https://127.0.0.1:1', 'certificate-authority-data': data } }];
      writeFileSync(join(folder, id, 'own-kubeconfig'), stringify({ apiVersion: 'v1', kind: 'Config', clusters }));
    },
    containers: () => readdirSync(containers).sort(),
    onRecord: (id: string) => existsSync(join(folder, id)),
  };
}

const whole = JSON.stringify({ version: 1, phase: 'ready', kindName: 'kubedrill-other', warm: false });
const both = (cluster: string) => [`${cluster}-control-plane`, `${cluster}-worker`];

it.each(['', 'null', '\0\0\0\0'])(
  'deletes the containers of a cluster whose record is %j, known by their certificate authority',
  async (text) => {
    const { provider, runs, connects, containers, onRecord } = machine({ lab: text, other: whole });
    runs('kubedrill-aaaaa', pem('somebody else'));
    runs('kubedrill-bbbbb', pem('lab'));
    runs('kubedrill-ccccc');
    runs('kubedrill-other', pem('other'));
    connects('lab', pem('lab'));
    await provider.delete('lab');
    expect(containers()).toEqual(['kubedrill-aaaaa', 'kubedrill-ccccc', 'kubedrill-other'].flatMap(both));
    expect(onRecord('lab')).toBe(false);
  },
);

it('deletes the containers that a record cut short still names', async () => {
  const { provider, runs, containers } = machine({ lab: '{"phase":"making","kindName": "kubedrill-bbbbb","wa' });
  runs('kubedrill-aaaaa');
  runs('kubedrill-bbbbb');
  await provider.delete('lab');
  expect(containers()).toEqual(both('kubedrill-aaaaa'));
});

it('deletes nothing on a guess, and says what may be left and how to delete it', async () => {
  const { provider, runs, containers, onRecord } = machine({ lab: '', other: whole });
  for (const name of ['kubedrill-aaaaa', 'kubedrill-other', 'mine']) runs(name, pem(name));
  await expect(provider.delete('lab')).rejects.toMatchObject({
    text: {
      what: 'lab is no longer on record, but its containers may be left',
      why: 'its record was damaged, and these kind clusters are on none: kubedrill-aaaaa',
      next: 'if nobody else uses them: kind delete cluster --name kubedrill-aaaaa',
    },
  });
  expect(containers()).toHaveLength(6);
  expect(onRecord('lab')).toBe(false);
});

it('is content where the containers are gone already', async () => {
  const { provider, runs, connects, onRecord } = machine({ lab: '' });
  runs('kubedrill-aaaaa', pem('somebody else'));
  connects('lab', pem('lab'));
  await provider.delete('lab');
  expect(onRecord('lab')).toBe(false);
});
