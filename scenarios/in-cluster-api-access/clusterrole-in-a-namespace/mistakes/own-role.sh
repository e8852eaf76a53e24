kubectl create role @{program} --verb=get,list --resource=deployments -n @{namespace}
kubectl create rolebinding @{program} --role=@{program} --serviceaccount=@{namespace}:@{program} -n @{namespace}
