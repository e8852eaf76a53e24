/** Where the provisioner of the class `standard` runs. */
export const localPathNamespace = 'local-path-storage';

/** Whose Pods are the cluster's own: a reset leaves them as they are. */
export const isSystemNamespace = (namespace: string | undefined): boolean =>
  namespace === 'kube-system' || namespace === localPathNamespace;
