kubectl delete clusterrolebinding inventory-admin
kubectl create rolebinding inventory --clusterrole=cluster-admin --serviceaccount=@{namespace}:inventory -n @{namespace}
