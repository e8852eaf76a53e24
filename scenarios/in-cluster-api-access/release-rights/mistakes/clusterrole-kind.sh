kubectl delete rolebinding @{program} -n @{namespace}
kubectl create rolebinding @{program} --clusterrole=@{role} --serviceaccount=@{namespace}:@{program} -n @{namespace}
