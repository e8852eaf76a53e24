kubectl create clusterrole @{role} --verb=get,list --resource=nodes
kubectl create clusterrolebinding @{role} --clusterrole=@{role} --serviceaccount=@{namespace}:@{program}
kubectl delete role,rolebinding @{role} -n @{namespace}
