kubectl create clusterrole binds-node-watcher --verb=bind --resource=clusterroles.rbac.authorization.k8s.io --resource-name=node-watcher-lite
kubectl create clusterrolebinding nora-binds --clusterrole=binds-node-watcher --user=nora
