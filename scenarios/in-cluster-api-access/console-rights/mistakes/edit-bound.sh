kubectl delete rolebinding @{team} -n @{namespace}
kubectl create rolebinding @{team} --clusterrole=edit --serviceaccount=@{namespace}:@{team} -n @{namespace}
