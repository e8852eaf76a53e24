kubectl delete clusterrolebinding inventory-admin
kubectl create role inventory -n @{namespace} --verb=list,get --resource=pods,services
kubectl create role inventory-marks -n @{namespace} --verb=get,patch --resource=configmaps --resource-name=inventory-state
kubectl create rolebinding inventory --role=inventory --serviceaccount=@{namespace}:inventory -n @{namespace}
kubectl create rolebinding inventory-marks --role=inventory-marks --serviceaccount=@{namespace}:inventory -n @{namespace}
