kubectl create clusterrole @{plural}-view --verb=get,list,watch --resource=@{plural}.ops.example.com
kubectl label clusterrole @{plural}-view rbac.authorization.k8s.io/aggregate-to-view=true
kubectl label clusterrole @{plural}-view rbac.authorization.k8s.io/aggregate-to-edit=true
kubectl label clusterrole @{plural}-view rbac.authorization.k8s.io/aggregate-to-admin=true
