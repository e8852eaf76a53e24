/** The server itself: one Pod that asks the kubelets, whose certificates nobody signed. */
import type { APIService, Deployment, Service } from '../../../kube/api.gen.ts';
import { labels, name, namespace } from './names.ts';

const port = 10_250;

export const service: Service = {
  metadata: { name, namespace, labels },
  spec: { selector: labels, ports: [{ name: 'https', port: 443, targetPort: 'https', appProtocol: 'https' }] },
};

export const deployment: Deployment = {
  metadata: { name, namespace, labels },
  spec: {
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: {
        serviceAccountName: name,
        priorityClassName: 'system-cluster-critical',
        nodeSelector: { 'kubernetes.io/os': 'linux' },
        tolerations: [{ key: 'node-role.kubernetes.io/control-plane', operator: 'Exists', effect: 'NoSchedule' }],
        containers: [
          {
            name,
            image: 'registry.k8s.io/metrics-server/metrics-server:v0.8.0',
            imagePullPolicy: 'IfNotPresent',
            args: [
              '--cert-dir=/tmp',
              `--secure-port=${port}`,
              '--kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname',
              '--kubelet-use-node-status-port',
              '--metric-resolution=15s',
              '--kubelet-insecure-tls',
            ],
            ports: [{ name: 'https', containerPort: port }],
            readinessProbe: {
              httpGet: { path: '/readyz', port: 'https', scheme: 'HTTPS' },
              ...{ initialDelaySeconds: 2, periodSeconds: 2 },
            },
            resources: { requests: { cpu: '50m', memory: '64Mi' } },
            volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
          },
        ],
        volumes: [{ name: 'tmp', emptyDir: {} }],
      },
    },
  },
};

export const apiService: APIService = {
  metadata: { name: 'v1beta1.metrics.k8s.io', labels },
  spec: {
    ...{ group: 'metrics.k8s.io', version: 'v1beta1', groupPriorityMinimum: 100, versionPriority: 100 },
    insecureSkipTLSVerify: true,
    service: { name, namespace },
  },
};
