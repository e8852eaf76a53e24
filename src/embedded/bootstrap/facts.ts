/** What the objects of a fresh cluster say of it. */
export interface ClusterFacts {
  /** kubeadm's clusterName. */
  name: string;
  /** The control plane's node. */
  node: string;
  nodeIP: string;
  /** PEM. */
  caCertificate: string;
  /** Host and port at which people reach the API server. */
  server: string;
}
