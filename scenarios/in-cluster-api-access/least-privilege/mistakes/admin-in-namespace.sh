kubectl delete clusterrolebinding @{program}-admin
kubectl create rolebinding @{program} --clusterrole=cluster-admin --serviceaccount=@{namespace}:@{program} -n @{namespace}
