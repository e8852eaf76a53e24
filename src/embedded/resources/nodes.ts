import type { Node, NodeSpec, NodeStatus, Taint } from '../../kube/api.gen.ts';
import { nodes } from '../../kube/resources.ts';
import { validCidr, validLabelValue, validQualifiedName } from '../../kube/validation.ts';
import type { FieldError } from '../definition.ts';
import * as field from '../errors/field.ts';
import { defineResource } from './define.ts';
import { goValue } from './go/value.ts';
import { nodeCells } from './printing/node.ts';
import { keepOtherPart } from './status-strategy.ts';

const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

/** Kubernetes reports taints below metadata, where they once were. */
function validateTaints(taints: readonly Taint[]): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [i, taint] of taints.entries()) {
    const at = field.path('metadata', 'taints').index(i);
    errors.push(...field.invalidEach(at.child('key'), taint.key, validQualifiedName(taint.key)));
    errors.push(...field.invalidEach(at.child('value'), taint.value ?? '', validLabelValue(taint.value ?? '')));
    if (!taint.effect) errors.push(field.required(at.child('effect')));
    else if (!effects.includes(taint.effect))
      errors.push(field.notSupported(at.child('effect'), taint.effect, effects));
    const key = `${taint.key}:${taint.effect}`;
    if (seen.has(key)) {
      errors.push(field.duplicate(at, goValue('Taint', taint), 'taints must be unique by key and effect pair'));
    }
    seen.add(key);
  }
  return errors;
}

function validate({ spec }: Node): FieldError[] {
  const errors = validateTaints(spec?.taints ?? []);
  for (const [i, cidr] of (spec?.podCIDRs ?? []).entries()) {
    errors.push(...field.invalidEach(field.path('spec', 'podCIDRs').index(i), cidr, validCidr(cidr)));
  }
  return errors;
}

function validateUpdate(node: Node, old: Node): FieldError[] {
  const errors: FieldError[] = [];
  const before = old.spec?.podCIDRs ?? [];
  const after = node.spec?.podCIDRs ?? [];
  if (before.length > 0 && before.join() !== after.join()) {
    errors.push(field.forbidden('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid'));
  }
  if (old.spec?.providerID && node.spec?.providerID !== old.spec.providerID) {
    errors.push(field.forbidden('spec.providerID', 'node updates may not change providerID except from "" to valid'));
  }
  return errors;
}

/** The status of a Node that has never reported: Go's zero values, all of which are on the wire. */
const emptyStatus = (): NodeStatus => ({
  daemonEndpoints: { kubeletEndpoint: { Port: 0 } },
  nodeInfo: {
    architecture: '',
    bootID: '',
    containerRuntimeVersion: '',
    kernelVersion: '',
    kubeProxyVersion: '',
    kubeletVersion: '',
    machineID: '',
    operatingSystem: '',
    osImage: '',
    systemUUID: '',
  },
});

/** podCIDR and podCIDRs[0] are one. */
function syncCidrs(spec: NodeSpec | undefined): void {
  if (spec === undefined) return;
  if (spec.podCIDR && (spec.podCIDRs ?? []).length === 0) spec.podCIDRs = [spec.podCIDR];
  else if (!spec.podCIDR && spec.podCIDRs?.[0] !== undefined) spec.podCIDR = spec.podCIDRs[0];
}

export const nodeResource = defineResource<Node>({
  ...nodes,
  strategy: {
    generation: false,
    defaults(node) {
      node.spec ??= {};
      syncCidrs(node.spec);
      const empty = emptyStatus();
      node.status ??= empty;
      const status = node.status;
      status.daemonEndpoints ??= empty.daemonEndpoints;
      status.nodeInfo ??= empty.nodeInfo;
      // What can be allocated is all there is, unless the kubelet says less.
      if (status.capacity !== undefined && status.allocatable === undefined)
        status.allocatable = { ...status.capacity };
    },
    // Unlike other kinds a Node may bring its status along when it is created: kubelets do.
    prepareForUpdate: keepOtherPart,
    validate,
    validateUpdate,
    warnings(node) {
      const found: string[] = [];
      if (node.spec?.configSource !== undefined) {
        found.push('spec.configSource: the dynamic kubelet config feature is removed');
      }
      if (node.spec?.externalID) found.push('spec.externalID: this field is deprecated, and is unused by Kubernetes');
      return found;
    },
  },
  fieldSelectors: { 'spec.unschedulable': (node) => String(node.spec?.unschedulable ?? false) },
  cells: nodeCells,
});
