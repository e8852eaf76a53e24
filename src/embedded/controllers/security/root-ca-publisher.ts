import { configMaps, namespaces } from '../../../kube/resources.ts';
import type { Component } from '../../api.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import { sameJson } from '../../errors/field.ts';
import { isAlreadyExists, isNamespaceTerminating, isNotFound } from '../failures.ts';
import { controllerClient } from '../identity.ts';

const configMap = 'kube-root-ca.crt';
const descriptionKey = 'kubernetes.io/description';
const description =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal ' +
  'service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.';

/** Keeps the API server's CA in a ConfigMap of every namespace: what Pods mount as ca.crt. */
export const rootCaPublisher: Component = {
  name: 'root-ca-certificate-publisher',
  start(context) {
    const client = controllerClient(context, 'root-ca-cert-publisher');
    const spaces = context.informers.of(namespaces);
    const published = context.informers.of(configMaps);
    const data = { 'ca.crt': context.cluster.caCertificate };

    async function sync(name: string): Promise<void> {
      const namespace = spaces.get(undefined, name);
      if (namespace?.status?.phase !== 'Active') return;
      const found = published.get(name, configMap);
      try {
        if (!found) {
          const metadata = { name: configMap, namespace: name, annotations: { [descriptionKey]: description } };
          await client.create(configMaps, { metadata, data });
        } else if (!sameJson(found.data, data) || !found.metadata.annotations?.[descriptionKey]) {
          const annotations = { ...found.metadata.annotations, [descriptionKey]: description };
          await client.update(configMaps, { ...found, metadata: { ...found.metadata, annotations }, data });
        }
      } catch (error) {
        if (!isAlreadyExists(error) && !isNamespaceTerminating(error) && !isNotFound(error)) throw error;
      }
    }

    const queue = new WorkQueue({ clock: context.clock, signal: context.signal, report: context.report, sync });
    const ofConfigMap = ({ metadata }: { metadata: { name: string; namespace?: string } }) => {
      if (metadata.name === configMap && metadata.namespace) queue.add(metadata.namespace);
    };
    spaces.on({
      add: (namespace) => queue.add(namespace.metadata.name),
      update: (namespace) => queue.add(namespace.metadata.name),
    });
    published.on({ update: ofConfigMap, delete: ofConfigMap });
  },
};
