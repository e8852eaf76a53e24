kubectl delete rolebinding @{first} @{second} -n @{namespace}
kubectl create rolebinding @{first} --role=@{role} --serviceaccount=@{namespace}:@{first} -n @{namespace}
kubectl create rolebinding @{second} --role=@{role} --serviceaccount=@{namespace}:@{second} -n @{namespace}
