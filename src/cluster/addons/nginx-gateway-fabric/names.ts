export const name = 'nginx-gateway';
export const namespace = 'nginx-gateway';
export const controllerName = 'gateway.nginx.org/nginx-gateway-controller';
export const labels = { 'app.kubernetes.io/name': 'nginx-gateway', 'app.kubernetes.io/instance': 'nginx-gateway' };
