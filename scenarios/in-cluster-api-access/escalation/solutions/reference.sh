kubectl create role binds-@{watcher} -n @{namespace} --verb=bind --resource=clusterroles.rbac.authorization.k8s.io --resource-name=@{watcher}-lite
kubectl create rolebinding @{user}-binds -n @{namespace} --role=binds-@{watcher} --user=@{user}
