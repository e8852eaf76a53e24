import { oid, printableString, sequence, set, utf8String } from './der.ts';

/** An attribute of a distinguished name: the type's dotted identifier and the value. */
export type NameAttribute = readonly [type: string, value: string];

/** The order in which Go's pkix.Name writes what it knows: C, O, OU, L, ST, STREET, postal code, CN, serial number. */
const order = ['6', '10', '11', '7', '8', '9', '17', '3', '5'].map((last) => `2.5.4.${last}`);

const isPrintable = (text: string) => /^[A-Za-z0-9 '()+,./:=?&*-]*$/.test(text);

/** DER of a name as Go's crypto/x509 writes it: values of one type stand together, of other types are left out. */
export function goName(attributes: readonly NameAttribute[]): Buffer {
  const sets = order.flatMap((type) => {
    const values = attributes.filter(([own]) => own === type).map(([, value]) => value);
    const pairs = values.map((value) =>
      sequence(oid(type), isPrintable(value) ? printableString(value) : utf8String(value)),
    );
    // A SET OF is sorted by its bytes (X.690, 11.6).
    return pairs.length > 0 ? [set(...pairs.sort(Buffer.compare))] : [];
  });
  return sequence(...sets);
}
