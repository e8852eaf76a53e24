/** The table of images: everything that is known of them is derived from it. */
import { applicationImages } from './applications.ts';
import { baseSystems } from './base-systems.ts';
import { clients } from './clients.ts';
import { controlPlane } from './control-plane.ts';
import { databases } from './databases.ts';
import { nodeSystem } from './node-system.ts';
import { servers } from './servers.ts';
import type { ImageFamily } from './types.ts';

export const families: readonly ImageFamily[] = [
  ...baseSystems,
  ...clients,
  ...servers,
  ...databases,
  ...applicationImages,
  ...controlPlane,
  nodeSystem,
];
