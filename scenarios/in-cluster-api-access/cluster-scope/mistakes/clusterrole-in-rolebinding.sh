kubectl delete role,rolebinding node-reader -n @{namespace}
kubectl create clusterrole node-reader --verb=get,list --resource=nodes
kubectl create rolebinding reads-nodes --clusterrole=node-reader --serviceaccount=@{namespace}:node-report -n @{namespace}
