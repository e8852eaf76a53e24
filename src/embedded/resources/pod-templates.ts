import type { PodTemplate } from '../../kube/api.gen.ts';
import type { Resource } from '../../kube/meta.ts';
import * as field from '../errors/field.ts';
import { defineResource } from './define.ts';
import { defaultPodTemplate } from './pod-spec/defaults.ts';
import { validatePodTemplate } from './pod-spec/template.ts';
import { templateWarnings } from './pod-spec/warnings.ts';
import { containersAndImages, labelsText } from './printing/common.ts';

export const podTemplates: Resource<PodTemplate> = {
  group: '',
  version: 'v1',
  resource: 'podtemplates',
  kind: 'PodTemplate',
  namespaced: true,
};

export const podTemplateResource = defineResource<PodTemplate>({
  ...podTemplates,
  strategy: {
    generation: true,
    defaults(object) {
      object.template ??= {};
      defaultPodTemplate(object.template);
    },
    validate: (object) => validatePodTemplate(object.template, field.path('template')),
    warnings: (object, old) => templateWarnings(object.template, old?.template, field.path('template')),
  },
  cells: (object) => [
    object.metadata.name,
    ...containersAndImages(object.template?.spec?.containers),
    labelsText(object.template?.metadata?.labels),
  ],
});
