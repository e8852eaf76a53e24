kubectl delete clusterrolebinding @{program}-admin
kubectl create role lists -n @{namespace} --verb=list --resource=pods,services
kubectl create role marks -n @{namespace} --verb=patch --resource=configmaps --resource-name=@{program}-state
for name in lists marks; do
  kubectl create rolebinding $name --role=$name --serviceaccount=@{namespace}:@{program} -n @{namespace}
done
