kubectl create clusterrole get-nodes --verb=get --resource=nodes
kubectl create clusterrole list-nodes --verb=list --resource=nodes
for name in get-nodes list-nodes; do
  kubectl create clusterrolebinding $name --clusterrole=$name --serviceaccount=@{namespace}:@{program}
done
kubectl delete role/@{role} rolebinding/@{role} -n @{namespace}
