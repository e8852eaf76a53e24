export const name = 'metrics-server';
export const namespace = 'kube-system';
export const labels = { 'k8s-app': name };
