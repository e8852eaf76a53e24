import { EnvironmentError } from '../../kernel/errors.ts';
import { KubeError } from '../../kube/client.ts';

/** What a person should know of a refusal by somebody's cluster; other errors as they are. To be thrown. */
export function explainRefusal(error: unknown, context: string, server: string): unknown {
  if (!(error instanceof KubeError)) return error;
  const cluster = `the cluster of context ${context} (${server})`;
  const options = { cause: error };
  const why = error.message;
  switch (error.code) {
    case 401:
      return new EnvironmentError(
        { what: `${cluster} does not accept your credentials`, why, next: 'log in to it again, as you do for kubectl' },
        options,
      );
    case 403:
      return new EnvironmentError(
        { what: `your user lacks rights on ${cluster}`, why, next: 'let an administrator of the cluster do this' },
        options,
      );
    default:
      return new EnvironmentError({ what: `${cluster} refused a request`, why }, options);
  }
}
