kubectl create clusterrole backups-view --verb=get,list,watch --resource=backups.ops.example.com
kubectl create rolebinding auditor-backups --clusterrole=backups-view --user=auditor -n @{namespace}
