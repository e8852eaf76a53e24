/** All functions that expressions of Kubernetes v1.35 may use. */
import { functionTable } from '../functions.ts';
import { standardLibrary } from '../standard.ts';
import { opaque } from '../types.ts';
import { authorizerLibrary } from './authorizer.ts';
import { listLibrary, mapLibrary, setLibrary } from './lists.ts';
import { formatLibrary } from './named-formats.ts';
import { cidrLibrary, ipLibrary, urlLibrary } from './network.ts';
import { optionalLibrary } from './optionals.ts';
import { quantityLibrary } from './quantities.ts';
import { regexLibrary, stringLibrary } from './strings.ts';
import { versionLibrary } from './versions.ts';

/** The abstract types of Kubernetes' libraries, as signatures name them. */
export const abstractTypes = {
  URL: opaque('kubernetes.URL'),
  Quantity: opaque('kubernetes.Quantity'),
  Semver: opaque('kubernetes.Semver'),
  Format: opaque('kubernetes.NamedFormat'),
  IP: opaque('net.IP'),
  CIDR: opaque('net.CIDR'),
  Authorizer: opaque('kubernetes.authorization.Authorizer'),
  PathCheck: opaque('kubernetes.authorization.PathCheck'),
  GroupCheck: opaque('kubernetes.authorization.GroupCheck'),
  ResourceCheck: opaque('kubernetes.authorization.ResourceCheck'),
  Decision: opaque('kubernetes.authorization.Decision'),
} as const;

/** What every expression has at hand. */
export const kubernetesLibraries = [
  standardLibrary,
  optionalLibrary,
  stringLibrary,
  regexLibrary,
  listLibrary,
  setLibrary,
  mapLibrary,
  urlLibrary,
  quantityLibrary,
  ipLibrary,
  cidrLibrary,
  formatLibrary,
  versionLibrary,
  authorizerLibrary,
];

export const kubernetesFunctions = functionTable(kubernetesLibraries, abstractTypes);
