const names: Readonly<Record<number, string>> = {
  ...{ 2: 'BadValue', 9: 'FailedToParse', 11: 'UserNotFound', 13: 'Unauthorized', 14: 'TypeMismatch' },
  ...{ 18: 'AuthenticationFailed', 26: 'NamespaceNotFound', 31: 'RoleNotFound', 43: 'CursorNotFound' },
  ...{ 48: 'NamespaceExists', 59: 'CommandNotFound', 66: 'ImmutableField', 73: 'InvalidNamespace' },
  ...{ 76: 'NoReplicationEnabled', 292: 'QueryExceededMemoryLimitNoDiskUseAllowed', 11000: 'DuplicateKey' },
};

/** What the server says against a command: a number, and the name that error_codes.yml gives it. */
export class MongoFault extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }

  get codeName(): string {
    return names[this.code] ?? `Location${this.code}`;
  }
}
