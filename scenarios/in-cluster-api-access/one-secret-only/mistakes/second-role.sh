kubectl create role @{program}-narrow --verb=get --resource=secrets --resource-name=@{secret} -n @{namespace}
kubectl create rolebinding @{program}-narrow --role=@{program}-narrow --serviceaccount=@{namespace}:@{program} -n @{namespace}
