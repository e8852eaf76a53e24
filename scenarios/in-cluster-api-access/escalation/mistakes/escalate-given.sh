kubectl create role binds-@{watcher} -n @{namespace} --verb=escalate --resource=roles.rbac.authorization.k8s.io
kubectl create rolebinding @{user}-binds -n @{namespace} --role=binds-@{watcher} --user=@{user}
