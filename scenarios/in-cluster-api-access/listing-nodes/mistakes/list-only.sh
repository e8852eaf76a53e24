kubectl delete role,rolebinding @{role} -n @{namespace}
kubectl create clusterrole @{role} --verb=list --resource=nodes
kubectl create clusterrolebinding @{role} --clusterrole=@{role} --serviceaccount=@{namespace}:@{program}
