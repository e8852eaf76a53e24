/**
 * Expands `$(NAME)` as Kubernetes does: `$$` is a plain `$`, a name that `value` does not know stays as it is.
 */
export function expand(text: string, value: (name: string) => string | undefined): string {
  return text.replace(/\$(?:\$|\(([^)]*)\))/g, (all, name: string | undefined) =>
    name === undefined ? '$' : (value(name) ?? all),
  );
}
