kubectl create clusterrole configmap-reader --verb=get,list --resource=configmaps
kubectl create clusterrolebinding collector-reads --clusterrole=configmap-reader --serviceaccount=@{namespace}:collector
