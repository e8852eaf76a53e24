kubectl delete clusterrolebinding @{program}-admin
kubectl create rolebinding @{program} --clusterrole=view --serviceaccount=@{namespace}:@{program} -n @{namespace}
