/** What components look at before they start, with the words that they end with. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { isIPv4, isIPv6 } from 'node:net';
import { namesOf } from '../../../flags/flag-set.ts';
import type { ParsedFlags } from '../../../flags/pflag.ts';
import { parseBool } from '../../../flags/values.ts';
import type { Process } from '../../kernel/process.ts';
import { CommandFailed, quoted } from './start-failure.ts';

export type Failing = (message: string) => Error;

const commandFailed: Failing = (message) => new CommandFailed(message);

export const noFile = (path: string) => `open ${path}: no such file or directory`;

/** The text of a file that a flag names; undefined: the flag is not given, or empty. Throws what `failing` makes of a missing one. */
export function fileOf(
  p: Process,
  flags: ParsedFlags,
  flag: string,
  says: (fault: string, path: string) => string = (fault) => fault,
  failing: Failing = commandFailed,
): string | undefined {
  const path = flags.get(flag);
  if (path === undefined || path === '') return undefined;
  if (!p.vfs.find(p, path)) throw failing(says(noFile(path), path));
  return p.vfs.readText(p, path);
}

/** A CA bundle has to hold certificates. */
export function caBundle(
  p: Process,
  flags: ParsedFlags,
  flag: string,
  controller: string,
  says: (fault: string) => string = (fault) => fault,
): void {
  const text = fileOf(p, flags, flag, says);
  if (text === undefined || text.includes('-----BEGIN CERTIFICATE-----')) return;
  const name = quoted(`${controller}::${flags.get(flag)}`);
  throw new CommandFailed(
    says(`error loading CA bundle for ${name}: data does not contain any valid RSA or ECDSA certificates`),
  );
}

/** A certificate and its key belong together, as crypto/tls's X509KeyPair asks. */
export function keyPair(
  p: Process,
  flags: ParsedFlags,
  [certificate, key]: readonly [certificate: string, key: string],
  says: (fault: string) => string = (fault) => fault,
  failing: Failing = commandFailed,
): void {
  const certificateText = fileOf(p, flags, certificate, says, failing);
  const keyText = fileOf(p, flags, key, says, failing);
  if (certificateText === undefined || keyText === undefined) return;
  const fault = faultOfPair(certificateText, keyText);
  if (fault !== undefined) throw failing(says(fault));
}

function faultOfPair(certificateText: string, keyText: string): string | undefined {
  let certificate: X509Certificate;
  let key: KeyObject;
  try {
    certificate = new X509Certificate(certificateText);
  } catch {
    return 'tls: failed to find any PEM data in certificate input';
  }
  try {
    key = createPrivateKey(keyText);
  } catch {
    return 'tls: failed to find any PEM data in key input';
  }
  return certificate.checkPrivateKey(key) ? undefined : 'tls: private key does not match public key';
}

/** `--feature-gates` of the components that tell their own from those of others (`kube:Name=true`). */
export function featureGates(flags: ParsedFlags, says: (fault: string) => string = (fault) => fault): void {
  const known = new Set(namesOf('feature-gates'));
  for (const item of flags.list('feature-gates').filter(Boolean)) {
    const assignment = item.replace(/^kube:/, '');
    const cut = assignment.indexOf('=');
    const name = cut < 0 ? assignment : assignment.slice(0, cut);
    if (cut < 0) throw new CommandFailed(says(`missing bool value for ${name}`));
    const value = assignment.slice(cut + 1);
    if (parseBool(value) === undefined) {
      const why = `strconv.ParseBool: parsing ${quoted(value)}: invalid syntax`;
      throw new CommandFailed(says(`invalid value of ${name}=${value}, err: ${why}`));
    }
    if (!known.has(name)) throw new CommandFailed(says(`unrecognized feature gate: ${name}`));
  }
}

/** The fault of `--secure-port`; undefined: there is none. */
export function securePortFault(flags: ParsedFlags): string | undefined {
  const port = flags.get('secure-port');
  if (port === undefined || (Number(port) >= 1 && Number(port) <= 65_535)) return undefined;
  return `--secure-port ${port} must be between 1 and 65535, inclusive. It cannot be turned off with 0`;
}

/** Several faults in one, as an aggregated error shows them. */
export function throwAll(faults: readonly (string | undefined)[]): void {
  const found = [...new Set(faults.filter((fault) => fault !== undefined))];
  if (found.length > 0) throw new CommandFailed(found.length === 1 ? (found[0] ?? '') : `[${found.join(', ')}]`);
}

/** Whether net.ParseCIDR takes it. */
export function isCidr(text: string): boolean {
  const [, address = '', bits = ''] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? [];
  return (isIPv4(address) && Number(bits) <= 32) || (isIPv6(address) && Number(bits) <= 128);
}
