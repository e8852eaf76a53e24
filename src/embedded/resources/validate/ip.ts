import { isIPv6 } from 'node:net';
import type { FieldError } from '../../definition.ts';
import * as field from '../../errors/field.ts';

/** Addresses that nothing may send traffic to: unspecified, loopback, link-local. */
export function validateNonSpecialIP(ip: string, where: field.FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  const v6 = isIPv6(ip);
  const lower = ip.toLowerCase();
  const is = (v4: RegExp, other: RegExp) => (v6 ? other : v4).test(lower);
  const refuse = (text: string) => errors.push(field.invalid(where, ip, text));
  if (is(/^0\.0\.0\.0$/, /^(0*:)*:?0*$/)) refuse(`may not be unspecified (${ip})`);
  if (is(/^127\./, /^(0*:)*:?0*1$/)) refuse('may not be in the loopback range (127.0.0.0/8, ::1/128)');
  if (is(/^169\.254\./, /^fe[89ab][0-9a-f]:/)) refuse('may not be in the link-local range (169.254.0.0/16, fe80::/10)');
  if (is(/^224\.0\.0\./, /^ff.2:/)) {
    refuse('may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)');
  }
  return errors;
}
