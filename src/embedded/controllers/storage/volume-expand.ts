import type { PersistentVolumeClaim } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { compareQuantities } from '../../../kube/quantity.ts';
import { persistentVolumeClaims, persistentVolumes } from '../../../kube/resources.ts';
import type { Component } from '../../api.ts';
import { requestOf } from './volume-matching.ts';

/** No plugin of kube-controller-manager itself can expand anything any more: it says who has to. */
export const volumeExpand: Component = {
  name: 'persistentvolume-expander',
  start({ informers, recorder }) {
    const events = recorder('volume_expand');
    const grown = (claim: Stored<PersistentVolumeClaim>, old: Stored<PersistentVolumeClaim>) => {
      const has = claim.status?.capacity?.storage;
      const bound = informers.of(persistentVolumes).get(undefined, claim.spec?.volumeName ?? '');
      if (!bound || has === undefined || claim.status?.phase !== 'Bound') return;
      if (compareQuantities(requestOf(claim), requestOf(old)) <= 0 || compareQuantities(requestOf(claim), has) <= 0)
        return;
      const text =
        "Ignoring the PVC: didn't find a plugin capable of expanding the volume; waiting for an external controller to process this PVC.";
      events.event(claim, 'Warning', 'ExternalExpanding', text);
    };
    informers.of(persistentVolumeClaims).on({ update: grown });
  },
};
