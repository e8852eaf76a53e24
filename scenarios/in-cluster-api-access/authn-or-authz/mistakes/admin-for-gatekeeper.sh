kubectl create rolebinding @{second} --role=@{role} --serviceaccount=@{namespace}:@{second} -n @{namespace}
kubectl create clusterrolebinding @{first} --clusterrole=cluster-admin --serviceaccount=@{namespace}:@{first}
