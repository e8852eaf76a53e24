kubectl delete clusterrolebinding inventory-admin
kubectl create role lists -n @{namespace} --verb=list --resource=pods,services
kubectl create role marks -n @{namespace} --verb=patch --resource=configmaps --resource-name=inventory-state
for name in lists marks; do
  kubectl create rolebinding $name --role=$name --serviceaccount=@{namespace}:inventory -n @{namespace}
done
