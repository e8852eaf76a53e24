kubectl create serviceaccount @{account} -n @{namespace}
kubectl create role @{account} --verb=get,list --resource=secrets -n @{namespace}
kubectl create rolebinding @{account} --role=@{account} --serviceaccount=@{namespace}:default -n @{namespace}
