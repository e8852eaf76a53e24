kubectl delete role,rolebinding node-reader -n @{namespace}
kubectl create clusterrole node-reader --verb=list --resource=nodes
kubectl create clusterrolebinding node-reader --clusterrole=node-reader --serviceaccount=@{namespace}:node-report
