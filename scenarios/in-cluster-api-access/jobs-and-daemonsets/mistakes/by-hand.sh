kubectl create clusterrole node-labeler --verb=get,patch --resource=nodes
kubectl create clusterrolebinding node-labeler --clusterrole=node-labeler --serviceaccount=@{namespace}:@{labeler}
kubectl delete pods -l app=@{report} -n @{namespace} --wait=false
