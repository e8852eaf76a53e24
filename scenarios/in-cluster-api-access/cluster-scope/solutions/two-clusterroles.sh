kubectl create clusterrole get-nodes --verb=get --resource=nodes
kubectl create clusterrole list-nodes --verb=list --resource=nodes
for name in get-nodes list-nodes; do
  kubectl create clusterrolebinding $name --clusterrole=$name --serviceaccount=@{namespace}:node-report
done
kubectl delete role/node-reader rolebinding/node-reader -n @{namespace}
