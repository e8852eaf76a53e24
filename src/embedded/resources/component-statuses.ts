import type { ComponentStatus } from '../../kube/api.gen.ts';
import type { Stored } from '../../kube/meta.ts';
import { configMaps } from '../../kube/resources.ts';
import type { ObjectReader } from '../definition.ts';
import { defineResource } from './define.ts';

/** The health ports that kube-apiserver asks. */
const ports: Readonly<Record<string, number>> = { scheduler: 10_259, 'controller-manager': 10_257 };

/** Controllers that run have published the CA in every namespace. */
const controllersRun = (reader: ObjectReader) =>
  reader.read(configMaps, 'kube-system', 'kube-root-ca.crt') !== undefined;

function componentStatuses(reader: ObjectReader): Stored<ComponentStatus>[] {
  const running = controllersRun(reader);
  const healthy = { type: 'Healthy', status: 'True', message: 'ok' };
  const unreachable = (port: number) => ({
    type: 'Healthy',
    status: 'False',
    message: `Get "https://127.0.0.1:${port}/healthz": dial tcp 127.0.0.1:${port}: connect: connection refused`,
  });
  const created = (name: string, condition: NonNullable<ComponentStatus['conditions']>[number]) =>
    ({ metadata: { name }, conditions: [condition] }) as Stored<ComponentStatus>;
  return [
    ...Object.entries(ports).map(([name, port]) => created(name, running ? healthy : unreachable(port))),
    created('etcd-0', healthy),
  ];
}

export const componentStatusResource = defineResource<ComponentStatus>({
  group: '',
  version: 'v1',
  resource: 'componentstatuses',
  deprecationWarning: 'v1 ComponentStatus is deprecated in v1.19+',
  computed: componentStatuses,
  strategy: {},
  cells: ({ metadata, conditions = [] }) => {
    const [condition] = conditions;
    const status = condition?.status === 'True' ? 'Healthy' : condition?.status === 'False' ? 'Unhealthy' : 'Unknown';
    return [metadata.name, status, condition?.message ?? '', condition?.error ?? ''];
  },
});
