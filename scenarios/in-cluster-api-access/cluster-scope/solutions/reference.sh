kubectl create clusterrole node-reader --verb=get,list --resource=nodes
kubectl create clusterrolebinding node-reader --clusterrole=node-reader --serviceaccount=@{namespace}:node-report
kubectl delete role,rolebinding node-reader -n @{namespace}
