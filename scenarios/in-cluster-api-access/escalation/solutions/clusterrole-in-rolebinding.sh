kubectl create clusterrole binds-@{watcher} --verb=bind --resource=clusterroles.rbac.authorization.k8s.io --resource-name=@{watcher}-lite
kubectl create rolebinding @{user}-binds -n @{namespace} --clusterrole=binds-@{watcher} --user=@{user}
