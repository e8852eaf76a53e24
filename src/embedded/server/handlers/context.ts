import type { Duplex } from 'node:stream';
import type { Clock } from '../../../kernel/clock.ts';
import type { ResourceDefinition } from '../../definition.ts';
import type { NodeAgent } from '../../node-api.ts';
import type { Authorizer } from '../../rbac/types.ts';
import type { Registry } from '../../registry/types.ts';
import type { Exchange } from '../exchange.ts';
import type { MemoryBudget } from '../memory-budget.ts';
import type { RequestCounters } from '../metrics.ts';
import type { Responder } from '../respond.ts';

/** What handlers work with. */
export interface HandlerContext {
  registry: Registry;
  authorizer: Authorizer;
  /** The kubelet of a node, if it runs. */
  nodeAgent(nodeName: string): NodeAgent | undefined;
  /** A TCP connection into the cluster's network. Rejects with code ECONNREFUSED, or at once with ETIMEDOUT. */
  dial(address: string, port: number): Promise<Duplex>;
  clock: Clock;
  responder: Responder;
  counters: RequestCounters;
  /** What watches keep for their clients counts here. */
  budget: MemoryBudget;
}

/** A request for a resource, after the router found out what it is about. */
export interface ResourceRequest {
  exchange: Exchange;
  definition: ResourceDefinition;
  namespace: string | undefined;
  /** Undefined for collections. */
  name: string | undefined;
  subresource: string | undefined;
}

export type ResourceHandler = (request: ResourceRequest, context: HandlerContext) => void | Promise<void>;
