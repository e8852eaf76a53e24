kubectl delete clusterrolebinding inventory-admin
kubectl create rolebinding inventory --clusterrole=view --serviceaccount=@{namespace}:inventory -n @{namespace}
