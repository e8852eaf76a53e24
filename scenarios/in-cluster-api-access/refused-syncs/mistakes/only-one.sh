kubectl delete rolebinding @{first} -n @{namespace}
kubectl create rolebinding @{first} --role=@{role} --serviceaccount=@{namespace}:@{first} -n @{namespace}
