kubectl delete rolebinding @{program} -n @{namespace}
kubectl create rolebinding @{program} --role=@{role} --serviceaccount=@{namespace}:@{program} -n @{namespace}
