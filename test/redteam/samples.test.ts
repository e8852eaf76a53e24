import { join } from 'node:path';
import { redTeam } from './red-team.ts';

for (const sample of [
  'broken-image',
  'closed-door',
  'fast-disk',
  'half-removed',
  'name-for-pods',
  'night-shift',
  'node-maintenance',
  'selector-mismatch',
  'stale-greeting',
])
  redTeam(join('fixtures', 'packs'), `samples/${sample}`);
