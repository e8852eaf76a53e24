kubectl create role binds-node-watcher -n @{namespace} --verb=bind --resource=clusterroles.rbac.authorization.k8s.io
kubectl create rolebinding nora-binds -n @{namespace} --role=binds-node-watcher --user=nora
