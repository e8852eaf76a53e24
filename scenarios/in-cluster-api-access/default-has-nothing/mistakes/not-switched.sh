kubectl create serviceaccount @{program} -n @{namespace}
kubectl create rolebinding @{program} --role=@{role} --serviceaccount=@{namespace}:@{program} -n @{namespace}
kubectl delete rolebinding @{binding} -n @{namespace}
