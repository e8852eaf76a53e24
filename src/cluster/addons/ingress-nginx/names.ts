export const name = 'ingress-nginx';
export const namespace = 'ingress-nginx';

export const selector = {
  'app.kubernetes.io/name': 'ingress-nginx',
  'app.kubernetes.io/instance': 'ingress-nginx',
  'app.kubernetes.io/component': 'controller',
};

export const labels = {
  ...selector,
  'app.kubernetes.io/part-of': 'ingress-nginx',
  'app.kubernetes.io/version': '1.14.0',
};
