import { join } from 'node:path';
import { redTeam } from './red-team.ts';

// What is measured takes longest: it begins first.
for (const sample of [
  'a-whole-core',
  'broken-image',
  'closed-door',
  'fast-disk',
  'half-removed',
  'name-for-pods',
  'night-shift',
  'node-maintenance',
  'silent-service',
  'stale-greeting',
])
  redTeam(join('fixtures', 'packs'), `samples/${sample}`);
