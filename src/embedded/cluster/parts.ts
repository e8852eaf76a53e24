import type { Component } from '../api.ts';
import { clusterRoleAggregation } from '../controllers/cluster-role-aggregation.ts';
import { namespaceController } from '../controllers/namespace.ts';
import { rootCaPublisher } from '../controllers/root-ca-publisher.ts';
import { serviceAccountController } from '../controllers/serviceaccount.ts';
import type { CreateHandler } from '../registry/types.ts';

/** The controllers of kube-controller-manager, in its order. */
export function controllers(): Component[] {
  return [serviceAccountController, rootCaPublisher, namespaceController, clusterRoleAggregation];
}

/** Subresources that need more than their kind's strategy. */
export const builtinHandlers: Readonly<Record<string, CreateHandler>> = {};
