kubectl delete clusterrolebinding @{program}-admin
kubectl create role @{program} -n @{namespace} --verb=list,get --resource=pods,services
kubectl create role @{program}-marks -n @{namespace} --verb=get,patch --resource=configmaps --resource-name=@{program}-state
kubectl create rolebinding @{program} --role=@{program} --serviceaccount=@{namespace}:@{program} -n @{namespace}
kubectl create rolebinding @{program}-marks --role=@{program}-marks --serviceaccount=@{namespace}:@{program} -n @{namespace}
