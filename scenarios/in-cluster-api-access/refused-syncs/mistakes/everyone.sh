kubectl delete rolebinding @{first} @{second} -n @{namespace}
kubectl create rolebinding @{first} --role=@{role} --group=system:serviceaccounts:@{namespace} -n @{namespace}
