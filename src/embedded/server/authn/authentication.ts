import type { User } from '../../api.ts';

/** What one way of authenticating says: a user, an error (the credentials are wrong), or nothing (there are none). */
export type Authentication = { user: User } | { error: string } | undefined;
