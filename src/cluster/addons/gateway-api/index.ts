/** The kinds of the Gateway API (gateway-api.sigs.k8s.io, standard channel v1.4) that exams touch. */
import { age, column, customResourceDefinition } from '../schema-parts.ts';
import { gatewaySchema } from './gateway.ts';
import { gatewayClassSchema } from './gateway-class.ts';
import { httpRouteSchema } from './http-route.ts';
import { gatewayGroup as group } from './references.ts';

const common = {
  group,
  categories: ['gateway-api'],
  versions: ['v1', 'v1beta1'],
  annotations: {
    'api-approved.kubernetes.io': 'https://github.com/kubernetes-sigs/gateway-api/pull/3328',
    'gateway.networking.k8s.io/bundle-version': 'v1.4.1',
    'gateway.networking.k8s.io/channel': 'standard',
  },
};

const statusOf = (type: string) => `.status.conditions[?(@.type=="${type}")].status`;

/** GatewayClass, Gateway and HTTPRoute. */
export const gatewayApi = [
  customResourceDefinition({
    ...common,
    kind: 'GatewayClass',
    plural: 'gatewayclasses',
    shortNames: ['gc'],
    scope: 'Cluster',
    columns: [
      column('Controller', '.spec.controllerName'),
      column('Accepted', statusOf('Accepted')),
      age,
      column('Description', '.spec.description', { priority: 1 }),
    ],
    schema: gatewayClassSchema,
  }),
  customResourceDefinition({
    ...common,
    kind: 'Gateway',
    plural: 'gateways',
    shortNames: ['gtw'],
    scope: 'Namespaced',
    columns: [
      column('Class', '.spec.gatewayClassName'),
      column('Address', '.status.addresses[*].value'),
      column('Programmed', statusOf('Programmed')),
      age,
    ],
    schema: gatewaySchema,
  }),
  customResourceDefinition({
    ...common,
    kind: 'HTTPRoute',
    plural: 'httproutes',
    scope: 'Namespaced',
    columns: [column('Hostnames', '.spec.hostnames'), age],
    schema: httpRouteSchema,
  }),
];
