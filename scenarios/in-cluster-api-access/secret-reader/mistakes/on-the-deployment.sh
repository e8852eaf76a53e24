kubectl create serviceaccount @{account} -n @{namespace}
kubectl create role @{account} --verb=get,list --resource=secrets -n @{namespace}
kubectl create rolebinding @{account} --role=@{account} --serviceaccount=@{namespace}:@{account} -n @{namespace}
kubectl annotate deployment @{program} serviceAccountName=@{account} -n @{namespace}
kubectl label deployment @{program} serviceAccountName=@{account} -n @{namespace}
