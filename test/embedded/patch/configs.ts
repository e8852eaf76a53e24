/** Random Deployments as people write them, for property tests. */

import { schemaOf } from '../../../src/embedded/codec/schema-source.ts';
import type { JsonMap } from '../../../src/embedded/patch/json-value.ts';
import fc from '../../helpers/fast-check.ts';

export const deploymentSchema = schemaOf('io.k8s.api.apps.v1.Deployment');
export const configMapSchema = schemaOf('io.k8s.api.core.v1.ConfigMap');

const word = fc.constantFrom('a', 'b', 'c', 'd');
const amount = fc.constantFrom('1', '2');
const env = fc.uniqueArray(fc.record({ name: word, value: word }), {
  selector: (e) => e.name,
  minLength: 1,
  maxLength: 4,
});
const port = fc.record(
  { containerPort: fc.constantFrom(80, 443), protocol: fc.constantFrom('TCP', 'UDP'), name: word },
  { requiredKeys: ['containerPort'] },
);
const container = fc.record(
  {
    name: word,
    image: word,
    args: fc.array(word, { minLength: 1, maxLength: 3 }),
    env,
    ports: fc.uniqueArray(port, { selector: (p) => p.containerPort, minLength: 1, maxLength: 2 }),
    resources: fc.record({ limits: fc.dictionary(fc.constantFrom('cpu', 'memory'), amount, { minKeys: 1 }) }),
  },
  { requiredKeys: ['name', 'image'] },
);

/** What `kubectl apply` sends of a Deployment: any part may be missing. Nothing is empty: Go's types would not keep it. */
export const config: fc.Arbitrary<JsonMap> = fc
  .record({
    labels: fc.option(fc.dictionary(word, word, { minKeys: 1, maxKeys: 4 }), { nil: undefined }),
    finalizers: fc.option(fc.uniqueArray(fc.constantFrom('x.io/a', 'x.io/b', 'x.io/c'), { minLength: 1 }), {
      nil: undefined,
    }),
    replicas: fc.option(fc.nat(5), { nil: undefined }),
    nodeSelector: fc.option(fc.dictionary(word, word, { minKeys: 1, maxKeys: 3 }), { nil: undefined }),
    containers: fc.uniqueArray(container, { selector: (c) => c.name, minLength: 1, maxLength: 4 }),
  })
  .map(({ labels, finalizers, replicas, nodeSelector, containers }) => {
    const drop = (map: JsonMap): JsonMap => JSON.parse(JSON.stringify(map));
    return drop({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'd', labels, finalizers },
      spec: { replicas, template: { spec: { containers, nodeSelector } } },
    });
  });
