kubectl create clusterrole backups-view --verb=get,list --resource=backups.ops.example.com
kubectl label clusterrole backups-view rbac.authorization.k8s.io/aggregate-to-view=true
