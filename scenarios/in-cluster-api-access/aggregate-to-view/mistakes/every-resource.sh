kubectl create clusterrole backups-view --verb=get,list,watch --resource='*.*'
kubectl label clusterrole backups-view rbac.authorization.k8s.io/aggregate-to-view=true
