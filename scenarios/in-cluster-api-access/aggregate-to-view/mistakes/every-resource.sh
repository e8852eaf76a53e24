kubectl create clusterrole @{plural}-view --verb=get,list,watch --resource='*.*'
kubectl label clusterrole @{plural}-view rbac.authorization.k8s.io/aggregate-to-view=true
