import type { RuntimeClass } from '../../kube/api.gen.ts';
import { runtimeClasses } from '../../kube/resources.ts';
import { dnsLabel } from '../../kube/validation.ts';
import * as field from '../errors/field.ts';
import { defineResource } from './define.ts';
import { validateResources } from './pod-spec/resources.ts';
import { validateTolerations } from './pod-spec/scheduling.ts';
import { age } from './printing/common.ts';
import { validateLabels } from './validate/label-selector.ts';

export const runtimeClassResource = defineResource<RuntimeClass>({
  ...runtimeClasses,
  strategy: {
    allowUnconditionalUpdate: false,
    validate: ({ handler, overhead, scheduling }) => [
      ...field.invalidEach('handler', handler ?? '', dnsLabel(handler ?? '')),
      ...(overhead ? validateResources({ limits: overhead.podFixed }, field.path('overhead')) : []),
      ...validateLabels(scheduling?.nodeSelector, field.path('scheduling', 'nodeSelector')),
      ...validateTolerations(scheduling?.tolerations, field.path('scheduling', 'tolerations')),
    ],
    validateUpdate: (runtimeClass, old) => field.immutable('handler', runtimeClass.handler, old.handler),
  },
  cells: (runtimeClass, now) => [
    runtimeClass.metadata.name,
    runtimeClass.handler,
    age(runtimeClass.metadata.creationTimestamp, now),
  ],
});
