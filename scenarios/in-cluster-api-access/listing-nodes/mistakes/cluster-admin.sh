kubectl delete role,rolebinding @{role} -n @{namespace}
kubectl create clusterrolebinding @{program} --clusterrole=cluster-admin --serviceaccount=@{namespace}:@{program}
