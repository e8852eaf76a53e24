import { describe, expect, it } from 'vitest';
import { objectJson } from '../../../src/embedded/server/json.ts';
import { buffersKept, traffic } from '../../helpers/memory.ts';

describe('JSON of stored objects', () => {
  it('is kept, and nothing with it', async () => {
    const objects = Array.from({ length: 200 }, (_, n) => ({ kind: 'ConfigMap', apiVersion: 'v1', data: { n } }));
    const kept = await buffersKept(() => {
      for (const object of objects) {
        objectJson(object);
        traffic();
      }
    });
    expect(objects).toHaveLength(200);
    expect(kept).toBeLessThan(200 * 1024);
  });
});
