kubectl create role configmap-reader --verb=get,list --resource=configmaps -n @{namespace}
kubectl create rolebinding @{program}-reads --role=configmap-reader --serviceaccount=@{namespace}:@{program} -n @{namespace}
