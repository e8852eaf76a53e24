kubectl delete role,rolebinding @{role} -n @{namespace}
kubectl create clusterrolebinding @{program} --clusterrole=system:node --serviceaccount=@{namespace}:@{program}
