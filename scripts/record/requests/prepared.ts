import { apps, core, namespace, widgets } from './shared.ts';

/** What has to exist, in this order. */
export const prepared: readonly { path: string; body: object }[] = [
  { path: '/api/v1/namespaces', body: { metadata: { name: namespace } } },
  {
    path: '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
    body: {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'widgets.refusals.example.com' },
      spec: {
        group: 'refusals.example.com',
        scope: 'Namespaced',
        names: { plural: 'widgets', kind: 'Widget' },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            subresources: {
              status: {},
              scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' },
            },
            schema: {
              openAPIV3Schema: {
                type: 'object',
                properties: {
                  spec: { type: 'object', properties: { size: { type: 'string' }, replicas: { type: 'integer' } } },
                  status: { type: 'object', properties: { replicas: { type: 'integer' } } },
                },
              },
            },
          },
        ],
      },
    },
  },
  { path: `${core}/configmaps`, body: { metadata: { name: 'c', labels: { a: 'b' } }, data: { a: 'b' } } },
  {
    path: `${core}/pods`,
    body: {
      metadata: { name: 'pending' },
      spec: {
        nodeSelector: { no: 'node' },
        terminationGracePeriodSeconds: 1,
        containers: ['a', 'b'].map((name) => ({ name, image: 'busybox:1.36', ports: [{ containerPort: 80 }] })),
      },
    },
  },
  {
    path: `${core}/pods`,
    body: {
      metadata: { name: 'running' },
      spec: {
        terminationGracePeriodSeconds: 1,
        containers: [{ name: 'c', image: 'busybox:1.36', command: ['sleep', '100000'] }],
      },
    },
  },
  {
    path: `${apps}/deployments`,
    body: {
      metadata: { name: 'd' },
      spec: {
        replicas: 0,
        selector: { matchLabels: { app: 'd' } },
        template: { metadata: { labels: { app: 'd' } }, spec: { containers: [{ name: 'c', image: 'busybox:1.36' }] } },
      },
    },
  },
  { path: `${core}/services`, body: { metadata: { name: 's' }, spec: { ports: [{ port: 80 }] } } },
  {
    path: widgets,
    body: { apiVersion: 'refusals.example.com/v1', kind: 'Widget', metadata: { name: 'w' }, spec: { size: 'big' } },
  },
];
