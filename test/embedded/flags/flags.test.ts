/** Command lines against what the real programs of v1.35.4 and etcd 3.6.6 said of them. */
import { describe, expect, it } from 'vitest';
import { type FlaggedProgram, flagSetOf, namesOf, usageText } from '../../../src/embedded/flags/flag-set.ts';
import { parseGoFlags } from '../../../src/embedded/flags/go-flag.ts';
import { parsePflags } from '../../../src/embedded/flags/pflag.ts';

const said = (program: FlaggedProgram, ...args: string[]): string => {
  try {
    parsePflags(flagSetOf(program), args);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
};

describe('pflag', () => {
  it.each([
    ['--etcd-serverz=x', 'unknown flag: --etcd-serverz'],
    ['-q', "unknown shorthand flag: 'q' in -q"],
    ['-xv', "unknown shorthand flag: 'x' in -xv"],
    ['---x', 'bad flag syntax: ---x'],
    ['--=x', 'bad flag syntax: --=x'],
    ['--v', 'flag needs an argument: --v'],
    ['--v=abc', 'invalid argument "abc" for "-v, --v" flag: strconv.ParseUint: parsing "abc": invalid syntax'],
    ['-v=3x', 'invalid argument "3x" for "-v, --v" flag: strconv.ParseUint: parsing "3x": invalid syntax'],
    ['-vx', 'invalid argument "x" for "-v, --v" flag: strconv.ParseUint: parsing "x": invalid syntax'],
    [
      '--secure-port=abc',
      'invalid argument "abc" for "--secure-port" flag: strconv.ParseInt: parsing "abc": invalid syntax',
    ],
    ['--secure-port=', 'invalid argument "" for "--secure-port" flag: strconv.ParseInt: parsing "": invalid syntax'],
    [
      '--max-requests-inflight=99999999999999999999',
      'invalid argument "99999999999999999999" for "--max-requests-inflight" flag: strconv.ParseInt: parsing "99999999999999999999": value out of range',
    ],
    [
      '--allow-privileged=yes',
      'invalid argument "yes" for "--allow-privileged" flag: strconv.ParseBool: parsing "yes": invalid syntax',
    ],
    [
      '--advertise-address=10.0.0',
      'invalid argument "10.0.0" for "--advertise-address" flag: failed to parse IP: "10.0.0"',
    ],
    ['--event-ttl=5', 'invalid argument "5" for "--event-ttl" flag: time: missing unit in duration "5"'],
    [
      '--request-timeout=5q',
      'invalid argument "5q" for "--request-timeout" flag: time: unknown unit "q" in duration "5q"',
    ],
    ['--request-timeout=.s', 'invalid argument ".s" for "--request-timeout" flag: time: invalid duration ".s"'],
    ['--vmodule=x', 'invalid argument "x" for "--vmodule" flag: "x" does not have the pattern=N format'],
    [
      '--oidc-required-claim=x',
      'invalid argument "x" for "--oidc-required-claim" flag: malformed pair, expect string=string',
    ],
    [
      '--service-node-port-range=1-x',
      'invalid argument "1-x" for "--service-node-port-range" flag: strconv.Atoi: parsing "x": invalid syntax',
    ],
    [
      '--service-node-port-range=10-1',
      'invalid argument "10-1" for "--service-node-port-range" flag: end port cannot be less than start port: 10-1',
    ],
    [
      '--goaway-chance=x',
      'invalid argument "x" for "--goaway-chance" flag: strconv.ParseFloat: parsing "x": invalid syntax',
    ],
    [
      '--log-text-info-buffer-size=x',
      `invalid argument "x" for "--log-text-info-buffer-size" flag: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'`,
    ],
    ['--version=x', 'invalid argument "x" for "--version" flag: strconv.ParseBool: parsing "x": invalid syntax'],
  ])('says of kube-apiserver %s what the real one says', (arg, text) => {
    expect(said('kube-apiserver', arg)).toBe(text);
  });

  it.each([
    ['--network-plugin=cni', 'unknown flag: --network-plugin'],
    ['--pod-infra-container-image=x', 'unknown flag: --pod-infra-container-image'],
    ['--address=x', 'invalid argument "x" for "--address" flag: "x" is not a valid IP address'],
    ['--eviction-hard=x', 'invalid argument "x" for "--eviction-hard" flag: malformed pair, expect string<string'],
    ['--register-with-taints=x', 'invalid argument "x" for "--register-with-taints" flag: invalid taint spec: x'],
    [
      '--feature-gates=A=x',
      'invalid argument "A=x" for "--feature-gates" flag: invalid value of A: x, err: strconv.ParseBool: parsing "x": invalid syntax',
    ],
  ])('says of kubelet %s what the real one says', (arg, text) => {
    expect(said('kubelet', arg)).toBe(text);
  });

  it('takes what is right: values behind, without one, underscores, hidden flags, several', () => {
    const args = ['--v', '4', '--profiling', '--etcd_servers=https://a:1', '--apiserver-count=3', '-v2', '--', 'rest'];
    const parsed = parsePflags(flagSetOf('kube-apiserver'), args);
    expect(Object.fromEntries(parsed.values)).toEqual({
      v: ['4', '2'],
      profiling: ['true'],
      'etcd-servers': ['https://a:1'],
      'apiserver-count': ['3'],
    });
    expect(parsed.operands).toEqual(['rest']);
  });

  it('shows flags in sections', () => {
    expect(usageText('kube-scheduler')).toMatch(
      /^Usage:\n {2}kube-scheduler \[flags\]\n\nMisc flags:\n\n {6}--config string\n[\s\S]*\nGlobal flags:\n\n {2}-h, --help\n {6}--version version\[=true\]\n/,
    );
  });
});

describe("Go's own flags", () => {
  const known = { selections: { 'initial-cluster-state': ['new', 'existing'] }, gates: namesOf('etcd-feature-gates') };
  it.each([
    ['--foo=x', 'flag provided but not defined: -foo'],
    ['--snapshot-count=x', 'invalid value "x" for flag -snapshot-count: parse error'],
    ['--snapshot-count', 'flag needs an argument: -snapshot-count'],
    ['--client-cert-auth=x', 'invalid boolean value "x" for -client-cert-auth: parse error'],
    [
      '--listen-client-urls=127.0.0.1:2379',
      'invalid value "127.0.0.1:2379" for flag -listen-client-urls: parse "127.0.0.1:2379": first path segment in URL cannot contain colon',
    ],
    [
      '--listen-client-urls=x',
      'invalid value "x" for flag -listen-client-urls: URL scheme must be http, https, unix, or unixs: x',
    ],
    ['--watch-progress-notify-interval=5', 'invalid value "5" for flag -watch-progress-notify-interval: parse error'],
    ['--feature-gates=Foo=true', 'invalid value "Foo=true" for flag -feature-gates: unrecognized feature gate: Foo'],
    ['--initial-cluster-state=foo', 'invalid value "foo" for flag -initial-cluster-state: invalid value'],
    ['-data-dir=/x', ''],
  ])('say of etcd %s what the real one says', (arg, text) => {
    const parse = () => parseGoFlags(flagSetOf('etcd'), [arg], known);
    if (text === '') expect(parse().get('data-dir')).toBe('/x');
    else expect(parse).toThrow(new Error(text));
  });
});
