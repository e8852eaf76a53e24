kubectl create clusterrole configmap-reader --verb=get,list --resource=configmaps
kubectl create clusterrolebinding @{program}-reads --clusterrole=configmap-reader --serviceaccount=@{namespace}:@{program}
