/** The controller itself: one Pod behind node ports, as on machines without a cloud. */
import type { ConfigMap, Deployment, IngressClass, Probe, Service } from '../../../kube/api.gen.ts';
import { labels, name, namespace, selector } from './names.ts';

const controllerName = `${name}-controller`;
const metadata = { name: controllerName, namespace, labels };

export const configMap: ConfigMap = { metadata, data: {} };

export const service: Service = {
  metadata,
  spec: {
    type: 'NodePort',
    selector,
    ports: [
      { name: 'http', port: 80, targetPort: 'http', appProtocol: 'http', protocol: 'TCP' },
      { name: 'https', port: 443, targetPort: 'https', appProtocol: 'https', protocol: 'TCP' },
    ],
  },
};

const fieldEnv = (variable: string, fieldPath: string) => ({ name: variable, valueFrom: { fieldRef: { fieldPath } } });
const healthy: Probe = {
  httpGet: { path: '/healthz', port: 10254, scheme: 'HTTP' },
  ...{ initialDelaySeconds: 1, periodSeconds: 10, timeoutSeconds: 1 },
};

export const deployment: Deployment = {
  metadata,
  spec: {
    replicas: 1,
    selector: { matchLabels: selector },
    template: {
      metadata: { labels },
      spec: {
        serviceAccountName: name,
        nodeSelector: { 'kubernetes.io/os': 'linux' },
        tolerations: [{ key: 'node-role.kubernetes.io/control-plane', operator: 'Equal', effect: 'NoSchedule' }],
        terminationGracePeriodSeconds: 10,
        containers: [
          {
            name: 'controller',
            image: 'registry.k8s.io/ingress-nginx/controller:v1.14.0',
            args: [
              '/nginx-ingress-controller',
              '--election-id=ingress-nginx-leader',
              '--controller-class=k8s.io/ingress-nginx',
              '--ingress-class=nginx',
              `--configmap=$(POD_NAMESPACE)/${controllerName}`,
              '--report-node-internal-ip-address',
            ],
            env: [fieldEnv('POD_NAME', 'metadata.name'), fieldEnv('POD_NAMESPACE', 'metadata.namespace')],
            ports: [
              { name: 'http', containerPort: 80, protocol: 'TCP' },
              { name: 'https', containerPort: 443, protocol: 'TCP' },
            ],
            livenessProbe: { ...healthy, failureThreshold: 5 },
            readinessProbe: healthy,
            resources: { requests: { cpu: '100m', memory: '90Mi' } },
            securityContext: {
              allowPrivilegeEscalation: false,
              capabilities: { add: ['NET_BIND_SERVICE'], drop: ['ALL'] },
              ...{ runAsUser: 101, runAsNonRoot: true },
            },
          },
        ],
      },
    },
  },
};

export const ingressClass: IngressClass = {
  metadata: { name: 'nginx', labels },
  spec: { controller: 'k8s.io/ingress-nginx' },
};
