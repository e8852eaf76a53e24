kubectl create rolebinding stock-view --clusterrole=view --serviceaccount=@{namespace}:@{first} -n @{namespace}
kubectl create rolebinding price-view --clusterrole=view --serviceaccount=@{namespace}:@{second} -n @{namespace}
