kubectl create clusterrole binds-node-watcher --verb=bind --resource=clusterroles.rbac.authorization.k8s.io --resource-name=node-watcher-lite
kubectl create rolebinding nora-binds -n @{namespace} --clusterrole=binds-node-watcher --user=nora
