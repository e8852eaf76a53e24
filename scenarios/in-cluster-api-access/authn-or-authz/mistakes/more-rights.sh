kubectl create rolebinding @{second} --role=@{role} --serviceaccount=@{namespace}:@{second} -n @{namespace}
kubectl create rolebinding @{first}-2 --role=@{role} --serviceaccount=@{namespace}:@{first} -n @{namespace}
