/** The controller, which is the proxy as well: one Pod behind node ports for all Gateways of the class `nginx`. */
import type { Deployment, Service } from '../../../kube/api.gen.ts';
import type { KubeObject, Resource } from '../../../kube/meta.ts';
import { gatewayGroup } from '../gateway-api/references.ts';
import { controllerName, labels, name, namespace } from './names.ts';

const metadata = { name, namespace, labels };

export const service: Service = {
  metadata,
  spec: {
    type: 'NodePort',
    selector: labels,
    ports: [
      { name: 'http', port: 80, targetPort: 80, protocol: 'TCP' },
      { name: 'https', port: 443, targetPort: 443, protocol: 'TCP' },
    ],
  },
};

export const deployment: Deployment = {
  metadata,
  spec: {
    replicas: 1,
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: {
        serviceAccountName: name,
        terminationGracePeriodSeconds: 30,
        containers: [
          {
            name,
            image: 'ghcr.io/nginx/nginx-gateway-fabric:1.6.2',
            args: ['gateway', `--gateway-ctlr-name=${controllerName}`, '--gatewayclass=nginx', `--service=${name}`],
            ports: [
              { name: 'http', containerPort: 80, protocol: 'TCP' },
              { name: 'https', containerPort: 443, protocol: 'TCP' },
              { name: 'health', containerPort: 8081, protocol: 'TCP' },
            ],
            readinessProbe: { httpGet: { path: '/readyz', port: 'health' }, initialDelaySeconds: 1, periodSeconds: 1 },
            securityContext: {
              allowPrivilegeEscalation: false,
              capabilities: { add: ['NET_BIND_SERVICE'], drop: ['ALL'] },
              ...{ runAsUser: 101, runAsGroup: 1001 },
            },
          },
        ],
      },
    },
  },
};

export const gatewayClasses: Resource = {
  ...{ group: gatewayGroup, version: 'v1', resource: 'gatewayclasses', kind: 'GatewayClass', namespaced: false },
};

export const gatewayClass: KubeObject & { spec: object } = {
  apiVersion: `${gatewayGroup}/v1`,
  kind: 'GatewayClass',
  metadata: { name: 'nginx', labels },
  spec: { controllerName },
};
