kubectl create role configmap-reader --verb=get,list --resource=configmaps -n @{namespace}
kubectl create rolebinding collector-reads --role=configmap-reader --serviceaccount=@{namespace}:collector -n @{namespace}
