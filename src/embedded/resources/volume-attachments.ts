import type { VolumeAttachment, VolumeAttachmentSource, VolumeError } from '../../kube/api.gen.ts';
import { volumeAttachments } from '../../kube/resources.ts';
import { dnsSubdomain } from '../../kube/validation.ts';
import type { FieldError } from '../definition.ts';
import * as field from '../errors/field.ts';
import { defineResource } from './define.ts';
import { age } from './printing/common.ts';
import { keepOtherPart } from './status-strategy.ts';
import { validateVolumeSpec } from './validate/persistent-volume.ts';

const messageLimit = 1024;

function validateSource(source: VolumeAttachmentSource | undefined, at: field.FieldPath): FieldError[] {
  const { inlineVolumeSpec: inline, persistentVolumeName: name } = source ?? {};
  if (inline !== undefined) {
    const errors =
      name !== undefined
        ? [field.forbidden(at, 'must specify exactly one of inlineVolumeSpec and persistentVolumeName')]
        : [];
    return [...errors, ...validateVolumeSpec(inline, at.child('inlineVolumeSpec'))];
  }
  if (name === undefined)
    return [field.required(at, 'must specify exactly one of inlineVolumeSpec and persistentVolumeName')];
  if (name === '') return [field.required(at.child('persistentVolumeName'))];
  return field.invalidEach(at.child('persistentVolumeName'), name, dnsSubdomain(name));
}

function validateSpec({ spec }: VolumeAttachment): FieldError[] {
  const at = field.path('spec');
  const { attacher = '', nodeName = '', source } = spec ?? {};
  return [
    ...(attacher === ''
      ? [field.required(at.child('attacher'))]
      : field.invalidEach(at.child('attacher'), attacher, dnsSubdomain(attacher.toLowerCase()))),
    ...validateSource(source, at.child('source')),
    ...field.invalidEach(at.child('nodeName'), nodeName, dnsSubdomain(nodeName)),
  ];
}

const validateError = (error: VolumeError | undefined, at: field.FieldPath) =>
  (error?.message ?? '').length > messageLimit ? [field.tooLong(at.child('message'), messageLimit)] : [];

function validateStatus({ status }: VolumeAttachment): FieldError[] {
  const at = field.path('status');
  return [
    ...validateError(status?.attachError, at.child('attachError')),
    ...validateError(status?.detachError, at.child('detachError')),
  ];
}

export const volumeAttachmentResource = defineResource<VolumeAttachment>({
  ...volumeAttachments,
  strategy: {
    generation: false,
    prepareForCreate(attachment) {
      attachment.status = { attached: false };
    },
    prepareForUpdate: keepOtherPart,
    validate: (attachment, { subresource }) =>
      subresource === 'status' ? validateStatus(attachment) : validateSpec(attachment),
    validateUpdate: (attachment, old, { subresource }) =>
      subresource === 'status' || field.sameJson(attachment.spec, old.spec)
        ? []
        : [field.invalid('spec', attachment.spec, 'field is immutable')],
  },
  cells: (attachment, now) => [
    attachment.metadata.name,
    attachment.spec.attacher,
    attachment.spec.source.persistentVolumeName ?? '',
    attachment.spec.nodeName,
    attachment.status?.attached ?? false,
    age(attachment.metadata.creationTimestamp, now),
  ],
});
