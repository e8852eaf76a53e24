kubectl delete role,rolebinding @{role} -n @{namespace}
kubectl create clusterrole @{role} --verb=get,list --resource=nodes
kubectl create rolebinding reads-nodes --clusterrole=@{role} --serviceaccount=@{namespace}:@{program} -n @{namespace}
