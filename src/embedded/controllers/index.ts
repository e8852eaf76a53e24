/** The workload controllers of kube-controller-manager. */
import type { Component } from '../api.ts';
import { cronJobController } from './workloads/cron-job.ts';
import { daemonSetController } from './workloads/daemonset.ts';
import { deploymentController } from './workloads/deployment.ts';
import { jobController } from './workloads/job.ts';
import { replicaSetController, replicationController } from './workloads/replicaset.ts';
import { statefulSetController } from './workloads/statefulset.ts';
import { ttlAfterFinished } from './workloads/ttl-after-finished.ts';

export function workloadControllers(): Component[] {
  return [
    daemonSetController,
    statefulSetController,
    jobController,
    deploymentController,
    replicaSetController,
    replicationController,
    cronJobController,
    ttlAfterFinished,
  ];
}
