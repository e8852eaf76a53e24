/** An expression that could not be evaluated; the message is cel-go's. */
export class CelFailure extends Error {
  override readonly name = 'CelFailure';
}
