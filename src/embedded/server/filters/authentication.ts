import { unauthorized } from '../../errors/status.ts';
import type { Authenticator } from '../authn/authenticator.ts';
import type { Filter } from './chain.ts';

/** Finds out who asks; wrong credentials are a 401. The token goes no further. */
export function authentication(authenticator: Authenticator): Filter {
  return async (exchange, next) => {
    const user = authenticator.authenticate(exchange);
    if (!user) throw unauthorized();
    exchange.user = user;
    delete exchange.headers.authorization;
    return next();
  };
}
