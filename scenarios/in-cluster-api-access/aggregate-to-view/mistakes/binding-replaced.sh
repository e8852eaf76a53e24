kubectl create clusterrole backups-view --verb=get,list,watch --resource=backups.ops.example.com
kubectl delete rolebinding auditor -n @{namespace}
kubectl create rolebinding auditor --clusterrole=backups-view --user=auditor -n @{namespace}
