kubectl delete rolebinding @{first} -n @{namespace}
kubectl create rolebinding @{first} --role=@{role} --serviceaccount=@{namespace}:@{first} -n @{namespace}
kubectl set subject rolebinding @{second} --serviceaccount=@{namespace}:@{second} -n @{namespace}
