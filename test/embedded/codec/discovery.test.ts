import { describe, expect, it } from 'vitest';
import {
  aggregatedDiscovery,
  apiVersions,
  groupDiscovery,
  groupList,
  groupsOf,
  resourceList,
} from '../../../src/embedded/codec/discovery.ts';
import { recordedDefinitions, recording } from './recorded.ts';

const definitions = recordedDefinitions();

describe('discovery', () => {
  it.each(['api', 'apis'] as const)('aggregates /%s as recorded', (root) => {
    const recorded = recording<{ body: unknown }>(`discovery/${root}.aggregated.json`);
    expect(aggregatedDiscovery(definitions, root)).toEqual(recorded?.body);
  });

  it('lists versions and groups as recorded', () => {
    expect(apiVersions('{{serverHost}}')).toEqual(recording('discovery/api.json'));
    expect(groupList(definitions)).toEqual(recording('discovery/apis.json'));
  });

  it('has the recorded document of every group and group version', () => {
    for (const { group, versions } of groupsOf(definitions)) {
      if (group !== '') {
        expect(groupDiscovery(definitions, group)).toEqual(recording(`discovery/legacy/apis__${group}.json`));
      }
      for (const version of versions) {
        const file = group === '' ? `api__${version}` : `apis__${group}__${version}`;
        expect(resourceList(definitions, group, version)).toEqual(recording(`discovery/legacy/${file}.json`));
      }
    }
  });

  it('knows nothing of groups without definitions', () => {
    expect(groupDiscovery(definitions, 'example.com')).toBeUndefined();
    expect(resourceList(definitions, 'example.com', 'v1')).toBeUndefined();
    expect(groupDiscovery(definitions, '')).toBeUndefined();
  });

  it('lists only what is defined, custom resources last', () => {
    const [pods] = definitions.filter((d) => d.resource === 'pods');
    if (!pods) throw new Error('no pods');
    const widgets = { ...pods, group: 'example.com', resource: 'widgets', kind: 'Widget', subresources: {} };
    expect(groupsOf([widgets, pods])).toEqual([
      { group: '', versions: ['v1'] },
      { group: 'example.com', versions: ['v1'] },
    ]);
    const list = resourceList([widgets], 'example.com', 'v1') as { resources: { storageVersionHash?: string }[] };
    expect(list.resources[0]?.storageVersionHash).toMatch(/^[\w+/]{11}=$/);
  });
});
