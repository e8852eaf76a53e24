/** As much of the Gateway API's kinds (gateway.networking.k8s.io/v1) as routing looks at. */
import type { Condition, LabelSelector } from '../../../../kube/api.gen.ts';
import type { Stored } from '../../../../kube/meta.ts';

export interface GatewayClass extends Stored {
  spec: { controllerName: string };
  status?: { conditions?: Condition[] };
}

export interface SecretReference {
  group?: string;
  kind?: string;
  name: string;
  namespace?: string;
}

export interface Listener {
  name: string;
  port: number;
  protocol: string;
  hostname?: string;
  tls?: { mode?: string; certificateRefs?: SecretReference[] };
  allowedRoutes?: { namespaces?: { from?: string; selector?: LabelSelector } };
}

export interface ListenerStatus {
  name: string;
  supportedKinds: { group: string; kind: string }[];
  attachedRoutes: number;
  conditions: Condition[];
}

export interface Gateway extends Stored {
  spec: { gatewayClassName: string; listeners: Listener[] };
  status?: { conditions?: Condition[]; listeners?: ListenerStatus[] };
}

export interface ParentReference {
  group?: string;
  kind?: string;
  name: string;
  namespace?: string;
  sectionName?: string;
  port?: number;
}

export interface BackendReference {
  group?: string;
  kind?: string;
  name: string;
  namespace?: string;
  port?: number;
  weight?: number;
}

interface NamedValue {
  name: string;
  value: string;
}

export interface HeaderFilter {
  set?: NamedValue[];
  add?: NamedValue[];
  remove?: string[];
}

export interface PathModifier {
  type: string;
  replaceFullPath?: string;
  replacePrefixMatch?: string;
}

export interface Filter {
  type: string;
  requestHeaderModifier?: HeaderFilter;
  responseHeaderModifier?: HeaderFilter;
  requestRedirect?: { scheme?: string; hostname?: string; port?: number; statusCode?: number; path?: PathModifier };
  urlRewrite?: { hostname?: string; path?: PathModifier };
}

export interface HttpRouteMatch {
  path?: { type?: string; value?: string };
  method?: string;
  headers?: { type?: string; name: string; value: string }[];
  queryParams?: { type?: string; name: string; value: string }[];
}

export interface HttpRouteRule {
  matches?: HttpRouteMatch[];
  filters?: Filter[];
  backendRefs?: BackendReference[];
}

export interface ParentStatus {
  parentRef: ParentReference;
  controllerName: string;
  conditions: Condition[];
}

export interface HttpRoute extends Stored {
  spec: { parentRefs?: ParentReference[]; hostnames?: string[]; rules?: HttpRouteRule[] };
  status?: { parents?: ParentStatus[] };
}
