/** The systems that images are built on: one row each, and what of it programs and files say. */
import type { System } from '../kernel/image.ts';

/** code name, version, bash, curl, openssl, apt, dpkg */
const debian: readonly (readonly [string, string, string, string, string, string, string])[] = [
  ['trixie', '13.1', '5.2.37', '8.14.1', '3.5.1 1 Jul 2025', '3.0.3', '1.22.21'],
  ['bookworm', '12.12', '5.2.15', '7.88.1', '3.0.17 1 Jul 2025', '2.6.1', '1.21.22'],
  ['bullseye', '11.11', '5.1.4', '7.74.0', '1.1.1w  11 Sep 2023', '2.2.4', '1.20.13'],
  ['buster', '10.13', '5.0.3', '7.64.0', '1.1.1n  15 Mar 2022', '1.8.2.3', '1.19.8'],
  ['stretch', '9.13', '4.4.12', '7.52.1', '1.1.0l  10 Sep 2019', '1.4.11', '1.18.26'],
  ['jessie', '8.11', '4.3.30', '7.38.0', '1.0.1t  3 May 2016', '1.0.9.8.6', '1.17.27'],
];

const ubuntu: typeof debian = [
  ['questing', '25.10', '5.2.37', '8.14.1', '3.5.3 16 Sep 2025', '3.1.6', '1.22.21'],
  ['plucky', '25.04', '5.2.37', '8.12.1', '3.4.1 11 Feb 2025', '3.0.0', '1.22.18'],
  ['noble', '24.04.3', '5.2.21', '8.5.0', '3.0.13 30 Jan 2024', '2.8.3', '1.22.6'],
  ['jammy', '22.04.5', '5.1.16', '7.81.0', '3.0.2 15 Mar 2022', '2.4.14', '1.21.1'],
  ['focal', '20.04.6', '5.0.17', '7.68.0', '1.1.1f  31 Mar 2020', '2.0.11', '1.19.7'],
  ['bionic', '18.04.6', '4.4.20', '7.58.0', '1.1.1  11 Sep 2018', '1.6.17', '1.19.0.5'],
  ['xenial', '16.04.7', '4.3.48', '7.47.0', '1.0.2g  1 Mar 2016', '1.2.35', '1.18.4'],
];

/** version, busybox, bash, curl, openssl, apk */
const alpine: readonly (readonly [string, string, string, string, string, string])[] = [
  ['3.22.2', '1.37.0', '5.2.37', '8.14.1', '3.5.4 30 Sep 2025', '2.14.9'],
  ['3.21.5', '1.37.0', '5.2.37', '8.14.1', '3.3.5 30 Sep 2025', '2.14.6'],
  ['3.20.8', '1.36.1', '5.2.26', '8.14.1', '3.3.5 30 Sep 2025', '2.14.4'],
  ['3.19.9', '1.36.1', '5.2.21', '8.14.1', '3.1.8 11 Feb 2025', '2.14.4'],
  ['3.18.12', '1.36.1', '5.2.15', '8.12.1', '3.1.8 11 Feb 2025', '2.14.4'],
  ['3.17.10', '1.35.0', '5.2.15', '8.9.0', '3.0.15 3 Sep 2024', '2.12.10'],
  ['3.16.9', '1.35.0', '5.1.16', '8.5.0', '1.1.1w  11 Sep 2023', '2.12.9'],
  ['3.15.11', '1.34.1', '5.1.16', '8.5.0', '1.1.1w  11 Sep 2023', '2.12.7'],
  ['3.14.10', '1.33.1', '5.1.16', '8.0.1', '1.1.1t  7 Feb 2023', '2.12.7'],
  ['3.13.12', '1.32.1', '5.1.16', '7.79.1', '1.1.1q  5 Jul 2022', '2.12.7'],
  ['3.12.12', '1.31.1', '5.0.17', '7.79.1', '1.1.1n  15 Mar 2022', '2.10.8'],
  ['3.11.13', '1.31.1', '5.0.11', '7.79.1', '1.1.1l  24 Aug 2021', '2.10.6'],
  ['3.10.9', '1.30.1', '5.0.0', '7.66.0', '1.1.1k  25 Mar 2021', '2.10.6'],
  ['3.9.6', '1.29.3', '4.4.19', '7.64.0', '1.1.1k  25 Mar 2021', '2.10.3'],
];

const titles = { debian: 'Debian GNU/Linux', ubuntu: 'Ubuntu' } as const;

function fromApt(family: 'debian' | 'ubuntu', row: (typeof debian)[number]): System {
  const [name, version, bash, curl, openssl, apt, dpkg] = row;
  const lts = /^\d*[02468]\.04\./.test(version) ? ' LTS' : '';
  const title =
    family === 'debian' ? `${titles.debian} ${version.split('.')[0]} (${name})` : `${titles.ubuntu} ${version}${lts}`;
  return { ...{ family, name, version, title, flavor: 'gnu' }, versions: { bash, curl, openssl, apt, dpkg } };
}

function fromApk([version, busybox, bash, curl, openssl, apk]: (typeof alpine)[number]): System {
  const name = version.split('.').slice(0, 2).join('.');
  const title = `Alpine Linux v${name}`;
  return {
    ...{ family: 'alpine', name, version, title, flavor: 'busybox' },
    versions: { busybox, bash, curl, openssl, apk },
  };
}

const oracle: readonly System[] = (
  [
    ['9', '9.6', '5.1.8', '7.76.1', '3.2.2 4 Jun 2024'],
    ['8', '8.10', '4.4.20', '7.61.1', '1.1.1k  FIPS 25 Mar 2021'],
    ['7', '7.9', '4.2.46', '7.29.0', '1.0.2k-fips  26 Jan 2017'],
  ] as const
).map(([name, version, bash, curl, openssl]) => ({
  ...{ family: 'oracle', name, version, title: `Oracle Linux Server ${version}`, flavor: 'gnu' },
  versions: { bash, curl, openssl },
}));

export const alpineSystems: readonly System[] = alpine.map(fromApk);
export const debianSystems: readonly System[] = debian.map((row) => fromApt('debian', row));
export const ubuntuSystems: readonly System[] = ubuntu.map((row) => fromApt('ubuntu', row));

const all = [...alpineSystems, ...debianSystems, ...ubuntuSystems, ...oracle];

/** By code name, Alpine's version (`3.22`), or `ol9`. Throws on a name that is in none of the tables. */
export function systemOf(name: string): System {
  const found = all.find((s) => (s.family === 'oracle' ? `ol${s.name}` : s.name) === name);
  if (!found) throw new Error(`no system "${name}"`);
  return found;
}

/** Nothing but busybox in /bin. */
export const busyboxSystem = (version: string): System => ({
  ...{ family: 'busybox', name: 'busybox', version, title: `BusyBox v${version}`, flavor: 'busybox' },
  versions: { busybox: version },
});

/** A program and certificates. */
export const noSystem: System = {
  ...{ family: 'none', name: 'none', version: '', title: 'no system (a single program)', flavor: 'gnu' },
  versions: {},
};
