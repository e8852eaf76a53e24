/** The workload controllers of kube-controller-manager. */
import type { Component } from '../api.ts';
import { cronJobController } from './cron-job.ts';
import { daemonSetController } from './daemonset.ts';
import { deploymentController } from './deployment.ts';
import { jobController } from './job.ts';
import { replicaSetController, replicationController } from './replicaset.ts';
import { statefulSetController } from './statefulset.ts';
import { ttlAfterFinished } from './ttl-after-finished.ts';

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
