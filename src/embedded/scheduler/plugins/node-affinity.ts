import { matchesNode, matchesTerm } from '../../../kube/placement.ts';
import { misfit, type Plugin } from '../plugin.ts';

/** nodeSelector and nodeAffinity. */
export const nodeAffinity: Plugin = {
  name: 'NodeAffinity',
  weight: 2,
  filter({ pod }, { node }) {
    if (matchesNode(pod, node)) return undefined;
    return misfit("node(s) didn't match Pod's node affinity/selector", true);
  },
  score: ({ pod }, nodes) => {
    const preferred = pod.spec?.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    return nodes.map(({ node }) =>
      preferred.reduce((sum, { weight, preference }) => sum + (matchesTerm(preference, node) ? weight : 0), 0),
    );
  },
};
