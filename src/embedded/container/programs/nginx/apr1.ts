import { createHash } from 'node:crypto';

const alphabet = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** Apache's MD5 of passwords, as htpasswd and `openssl passwd -apr1` make it: `$apr1$<salt>$<hash>`. */
export function apr1(password: string, salt: string): string {
  const md5 = (...parts: readonly (string | Uint8Array)[]): Buffer => {
    const hash = createHash('md5');
    for (const part of parts) hash.update(part);
    return hash.digest();
  };
  const length = Buffer.byteLength(password);
  const inner = md5(password, salt, password);
  const parts: (string | Uint8Array)[] = [password, '$apr1$', salt];
  for (let left = length; left > 0; left -= 16) parts.push(inner.subarray(0, Math.min(16, left)));
  for (let bits = length; bits > 0; bits >>= 1) {
    parts.push(bits & 1 ? Uint8Array.of(0) : Buffer.from(password).subarray(0, 1));
  }
  let result = md5(...parts);
  for (let round = 0; round < 1000; round++) {
    result = md5(
      round & 1 ? password : result,
      round % 3 > 0 ? salt : '',
      round % 7 > 0 ? password : '',
      round & 1 ? result : password,
    );
  }
  const byte = (i: number) => result[i] ?? 0;
  let text = '';
  const put = (value: number, digits: number) => {
    for (let i = 0, v = value; i < digits; i++, v >>= 6) text += alphabet[v & 63];
  };
  for (let i = 0; i < 5; i++) put((byte(i) << 16) | (byte(i + 6) << 8) | byte(i === 4 ? 5 : i + 12), 4);
  put(byte(11), 2);
  return `$apr1$${salt}$${text}`;
}
