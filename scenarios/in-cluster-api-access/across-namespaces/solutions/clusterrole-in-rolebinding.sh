# A ClusterRole is fine as well, as long as a RoleBinding keeps it in one namespace.
kubectl create clusterrole configmap-reader --verb=get,list --resource=configmaps
kubectl create rolebinding @{program}-reads --clusterrole=configmap-reader --serviceaccount=@{namespace}:@{program} -n @{source}
